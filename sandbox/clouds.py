"""Starts and ends the local clouds and the provider plugin that talks to them."""

import json
import shutil
import socket
import sys
from collections.abc import Collection
from pathlib import Path

from sandbox import certificates, processes
from sandbox.code import fingerprint
from sandbox.credentials import Keys, read_keys, token, write_profiles
from sandbox.engine_build import Progress
from sandbox.environments import Environment
from sandbox.errors import SandboxError
from sandbox.place import CHECKOUT, Place, write_private
from sandbox.processes import Starting
from sandbox.registry import Cloud, Registry

SPACE = 300 * 1024**2
"""Bytes: state, logs and unpacked functions of a few environments take 50 MB; the rest is air."""


def ensure(
    place: Place, environments: list[Environment], progress: Progress, base_port: int = 0, owner: int = 0
) -> Registry:
    """Have a cloud run for every environment, of today's code; those of other environments that still run are kept."""
    _check_space(place.directory)
    registry = Registry.load(place.registry)
    wanted = {environment.account: environment for environment in environments}
    running = _running(registry, wanted, progress)
    if not running:
        certificates.ensure(place.directory)
        write_private(place.clock, "0\n")
    living = {cloud.account: cloud for cloud in running.values()}
    missing = [wanted[account] for account in wanted if account not in living]
    keys = read_keys(place, registry.clouds, living)
    if lost := set(living) - set(keys):
        raise SandboxError(
            f"the credentials of {', '.join(sorted(lost))} are gone", "run `make down` and then `make up`"
        )
    starting = {}
    for number, environment in enumerate(missing):
        keys[environment.account] = Keys.make()
        ports = (base_port + 2 * number, base_port + 2 * number + 1) if base_port else (0, 0)
        processes.stop(processes.recorded(place.logs, f"aws-{environment.account}"))
        progress(f"starting the AWS account {environment.account}")
        starting[environment.account] = _start_account(place, environment, keys[environment.account], ports, owner)
    try:
        for account, started in starting.items():
            living[account] = _cloud(started, wanted[account])
    except BaseException:
        processes.stop(started.process for started in starting.values())
        raise
    for environment in environments:
        running[environment.name] = living[environment.account]
    registry.clouds = running
    write_profiles(place, running, keys)
    registry.save(place.registry)
    _ensure_provider(place, registry, progress, owner)
    return registry


def stop(place: Place) -> int:
    """End everything and forget the state of what was deployed; return how many processes ran."""
    count = processes.stop(processes.recorded(place.logs))
    place.registry.unlink(missing_ok=True)
    for name in ("aws", "logs", "pulumi", "running", "stacks", "state"):
        shutil.rmtree(place.directory / name, ignore_errors=True)
    for told in (*place.directory.glob("clock*"), *place.directory.glob("provider-journal*")):
        told.unlink()
    return count


def _running(registry: Registry, wanted: Collection[str], progress: Progress) -> dict[str, Cloud]:
    """Return the clouds that go on: all that live, but those asked for only where their code is today's."""
    running = {name: cloud for name, cloud in registry.clouds.items() if cloud.process.alive()}
    code = fingerprint("aws")
    outdated = sorted({cloud.account for cloud in running.values() if cloud.code != code}.intersection(wanted))
    for account in outdated:
        progress(f"the AWS account {account} runs other code than this checkout's: it starts anew, and empty")
    return {name: cloud for name, cloud in running.items() if cloud.account not in outdated}


def _start_account(place: Place, environment: Environment, keys: Keys, ports: tuple[int, int], owner: int) -> Starting:
    for port in ports:
        _check_port(port)
    files = {"cert": "server.pem", "key": "server.key", "ca": "ca.pem", "clock": "clock"}
    command = [sys.executable, "-m", "sandbox.aws", "--account", environment.account, "--region", environment.region]
    command += ["--port", str(ports[0]), "--plain-port", str(ports[1])]
    for option, name in files.items():
        command += [f"--{option}", str(place.directory / name)]
    command += ["--callers", str(CHECKOUT / "sandbox" / "callers.yaml"), *_owned(owner)]
    secrets = {
        "KEYSTEAD_TOKEN": token(place),
        "KEYSTEAD_DEPLOYER_KEY_ID": keys.identifier,
        "KEYSTEAD_DEPLOYER_SECRET": keys.secret,
    }
    return Starting(f"aws-{environment.account}", command, place.logs, place.directory, secrets)


def _cloud(started: Starting, environment: Environment) -> Cloud:
    ready = json.loads(started.first_line())
    return Cloud(
        environment.account, environment.region, ready["endpoint"], ready["plain"], started.process, fingerprint("aws")
    )


def _ensure_provider(place: Place, registry: Registry, progress: Progress, owner: int) -> None:
    code = fingerprint("provider")
    if registry.provider and registry.provider.alive() and registry.provider_code == code:
        return
    processes.stop(processes.recorded(place.logs, "provider-aws"))
    progress("starting the provider plugin")
    command = [sys.executable, "-m", "sandbox.provider", "--registry", str(place.registry), *_owned(owner)]
    started = Starting("provider-aws", command, place.logs, place.stacks, {})
    registry.provider_port = int(started.first_line())
    registry.provider, registry.provider_code = started.process, code
    registry.save(place.registry)


def _owned(owner: int) -> list[str]:
    return ["--owner", str(owner)] if owner else []


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            problem = f"port {port} cannot be used ({error.strerror})"
            raise SandboxError(problem, "choose other ports with --port, or leave it out to take free ones") from error


def _check_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < SPACE:
        raise SandboxError(f"only {free // 1024**2} MB are free at {directory}", "free 300 MB and run it again")
