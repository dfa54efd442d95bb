"""Brings environments up: engine, clouds, stacks, deployment, first values, tables."""

import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.common.interruption import interrupted
from keystead_sandbox.engine import engine
from keystead_sandbox.host import clouds, pacing, policy_pack, shell
from keystead_sandbox.host.control import Control
from keystead_sandbox.host.deployment import Deployment, Engine
from keystead_sandbox.host.environments import Environment
from keystead_sandbox.host.locking import alone
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.progress import Board
from keystead_sandbox.host.registry import Registry

FIRST_VALUES_SECONDS = 120
"""A rotation takes about a second; Lambda workers start one after the other on a small machine."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller asked for."""

    clouds_only: bool = False
    table: bool = True
    base_port: int = 0
    owner: int = 0
    strict: bool = False


def up(place: Place, environments: list[Environment], wishes: Wishes) -> None:
    """Do what is missing; what is there already is left alone."""
    board = Board()
    with alone(place):
        policies = [] if wishes.clouds_only else policy_pack.arguments(place)
        found = engine.find(board.say)
        registry = clouds.ensure(place, environments, board.say, wishes.base_port, wishes.owner, strict=wishes.strict)
        shell.install(place, found)
        variables = shell.process_environment(place, registry)
        names = [environment.name for environment in environments]
        pulumi = Engine(place, variables, policies)
        pulumi.prepare({name: registry.clouds[name] for name in names})
        if wishes.clouds_only:
            return
        with board:
            for environment in environments:
                board.add(environment.name, environment.colour)
            with pacing.hurried(place, registry) if wishes.strict else nullcontext():
                _deploy(pulumi, names, board)
                for name in names:
                    _await_first_values(Control(place), registry, name, board)
    if wishes.table:
        _show_tables(place, names, variables)


def _deploy(pulumi: Engine, names: list[str], board: Board) -> None:
    def one(name: str) -> Deployment | SandboxError:
        def report(deployment: Deployment) -> None:
            board.show(name, deployment.done, deployment.begun, "resources")

        try:
            deployed = pulumi.up(name, report)
        except SandboxError as error:
            board.finish(name, "failed")
            return error
        board.finish(name, f"{deployed.done} resources, {deployed.changed or 'none'} changed")
        return deployed

    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        outcomes = list(pool.map(one, names))
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, Deployment) and outcome.findings.advice:
            board.say(f"{name}: {outcome.findings.advised()}, listed in {_here(pulumi.log(name))}")
    failures = [outcome for outcome in outcomes if isinstance(outcome, SandboxError)]
    for error in failures:
        board.say(f"error: {error}")
    if failures:
        problem = f"{len(failures)} of {len(names)} environments were not deployed"
        raise SandboxError(problem, "correct what is named above and run it again")


def _here(path: Path) -> Path:
    """Write a path as short as it is from the current directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _await_first_values(control: Control, registry: Registry, name: str, board: Board) -> None:
    deadline = time.monotonic() + FIRST_VALUES_SECONDS
    own = registry.clouds[name]
    while due := {kind: found for kind, cloud in own.items() if (found := control.status(cloud)["first_values_due"])}:
        secrets = sorted({secret for found in due.values() for secret in found})
        if time.monotonic() > deadline:
            problem = f"{name}: no first value of {', '.join(secrets)} after {FIRST_VALUES_SECONDS} s"
            raise SandboxError(problem, log_advice(name, due))
        board.note(name, f"waiting for {len(secrets)} first values")
        time.sleep(0.2)


def log_advice(name: str, kinds: Iterable[str]) -> str:
    """Say how to read what an environment's rotator logged on these clouds."""
    commands = {
        "aws": f"aws --profile {name} logs tail /aws/lambda/{name}-rotator --since 1h",
        "gcp": f"gcloud --configuration={name} logging read 'resource.labels.service_name=\"{name}-rotator\"'",
    }
    told = " and ".join(f"`{commands[cloud]}`" for cloud in kinds)
    return f'after `eval "$(python -m sandbox env)"`, see what the function {name}-rotator logged with {told}'


def _show_tables(place: Place, names: list[str], variables: dict[str, str]) -> None:
    chosen = [word for name in names for word in ("--env", name)]
    command = [sys.executable, "-m", "keystead.cli", "status", "--stacks", str(place.stacks), *chosen]
    done = subprocess.run(command, cwd=place.project, env=variables, check=False)
    if interrupted(done.returncode):
        raise KeyboardInterrupt
    if done.returncode:
        raise SandboxError("not everything is well", "see the tables above; `keystead status` shows them again")
    _suggest(place, names[-1])


def _suggest(place: Place, name: str) -> None:
    """Print three commands to go on with, as they can be pasted."""
    local = Path(sys.executable).parent
    prefix = f"{local.relative_to(place.project)}/" if local.is_relative_to(place.project) else ""
    pack = f" --policy-pack {policy_pack.DIRECTORY}" if policy_pack.arguments(place) else ""
    suggestions = {
        f'eval "$({prefix}{place.command} env)"': "this shell now works on the sandbox",
        f"pulumi preview -s {name}{pack}": "plain Pulumi, as on a real account",
        f"{place.command} advance 90d && keystead status --env {name}": "three months later",
    }
    width = max(len(command) for command in suggestions)
    print("\nTry next:")
    for command, meaning in suggestions.items():
        print(f"  {command:{width}}  # {meaning}")
