"""Which local clouds have to run for the environments: starts what is missing, keeps what is well, ends everything."""

import shutil
from dataclasses import replace
from pathlib import Path

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.engine.build import Progress
from keystead_sandbox.host import processes
from keystead_sandbox.host.cloud_processes import CLOUD_PARTS, PLUGIN_PART, Launch, ready
from keystead_sandbox.host.code import fingerprint
from keystead_sandbox.host.credentials import Keys, read_keys, write_profiles
from keystead_sandbox.host.environments import AwsAccount, Environment, GcpProject, Home
from keystead_sandbox.host.gcloud import write_configurations
from keystead_sandbox.host.place import Place, write_private
from keystead_sandbox.host.processes import Starting
from keystead_sandbox.host.registry import Cloud, Clouds, Registry, process_name

SPACE = 300 * 1024**2
"""Bytes: state, logs and unpacked functions of a few environments take 50 MB; the rest is air."""

Homes = dict[str, Home]
"""By the name of their process."""


def ensure(
    place: Place,
    environments: list[Environment],
    progress: Progress,
    base_port: int = 0,
    owner: int = 0,
    *,
    strict: bool = False,
) -> Registry:
    """Have every environment's clouds run, of today's code; those of other environments that still run are kept."""
    _check_space(place.directory)
    registry = Registry.load(place.registry)
    wanted = _wanted(environments)
    registry.clouds = _intact(place, registry.clouds, wanted, progress)
    if not registry.clouds:
        processes.stop(processes.recorded(place.logs))
        from keystead_sandbox.host import certificates  # noqa: PLC0415 - cryptography is needed here alone

        certificates.ensure(place.directory)
        write_private(place.clock, "0\n")
    _keep_to_one_mode(place, strict=strict, running=bool(registry.clouds))
    living = {process_name(cloud.home): cloud for clouds in registry.clouds.values() for cloud in clouds.values()}
    keys = read_keys(place, registry.clouds)
    if lost := [str(cloud.home) for cloud in living.values() if _locked_out(cloud.home, keys)]:
        raise SandboxError(
            f"the credentials of {', '.join(sorted(lost))} are gone", "run `make down` and then `make up`"
        )
    launch = Launch(place, owner, strict=strict)
    launch.programs({home.cloud for home in wanted.values()})
    living |= _started(launch, wanted, living, keys, base_port, progress)
    for environment in environments:
        clouds = registry.clouds.setdefault(environment.name, {})
        clouds |= {home.cloud: replace(living[process_name(home)], home=home) for home in environment.homes()}
    write_profiles(place, registry.clouds, keys)
    write_configurations(place, registry.clouds)
    registry.save(place.registry)
    _ensure_provider(place, registry, launch, progress)
    return registry


def stop(place: Place) -> int:
    """End everything and forget the state of what was deployed; return how many processes ran."""
    count = processes.stop(processes.recorded(place.logs))
    place.registry.unlink(missing_ok=True)
    place.strict.unlink(missing_ok=True)
    for name in ("aws", "gcp", "gcloud", "logs", "pulumi", "running", "stacks", "state"):
        shutil.rmtree(place.directory / name, ignore_errors=True)
    for told in (*place.directory.glob("clock*"), *place.directory.glob("provider-journal*")):
        told.unlink()
    return count


def _wanted(environments: list[Environment]) -> Homes:
    """Return the homes of the environments, each once, in an order that gives each its ports."""
    wanted: Homes = {}
    for environment in environments:
        for home in environment.homes():
            known = wanted.setdefault(process_name(home), home)
            if _number(known) != _number(home):
                problem = f"{home} has the number {_number(known)} in one stack file and {_number(home)} in another"
                raise SandboxError(problem, "correct the wrong one")
    return wanted


def _intact(place: Place, clouds: dict[str, Clouds], wanted: Homes, progress: Progress) -> dict[str, Clouds]:
    """Return the environments that go on; where one cloud ended, the other one is of no use and ended as well."""
    ended = set()
    for cloud in {process_name(one.home): one for several in clouds.values() for one in several.values()}.values():
        name = process_name(cloud.home)
        reason = _reason(cloud, wanted.get(name))
        if reason:
            progress(f"the {cloud.home} {reason}: it is restarted and empty")
        if reason or not cloud.process.alive():
            ended.add(name)
    intact = dict(clouds)
    while broken := [name for name, several in intact.items() if ended & _names(several)]:
        for name in broken:
            for other in sorted(_names(intact[name]) - ended):
                progress(f"{other} of {name} ends: an environment is restarted with any of its clouds")
            ended |= _names(intact.pop(name))
    processes.stop(process for name in ended for process in processes.recorded(place.logs, name))
    return intact


def _reason(cloud: Cloud, wanted: Home | None) -> str:
    """Say why a cloud that lives and is asked for cannot go on; nothing where it can."""
    if wanted is None or not cloud.process.alive():
        return ""
    if cloud.code != fingerprint(CLOUD_PARTS[wanted.cloud]):
        return "runs other code than this checkout's"
    return "has another number in the stack file" if _number(cloud.home) != _number(wanted) else ""


def _started(
    launch: Launch, wanted: Homes, living: dict[str, Cloud], keys: dict[str, Keys], base_port: int, progress: Progress
) -> dict[str, Cloud]:
    """Start what does not live, side by side; keys that are drawn for it are added."""
    starting: dict[str, Starting] = {}
    try:
        for number, (name, home) in enumerate(wanted.items()):
            if name not in living:
                progress(f"starting the {home}")
                if isinstance(home, AwsAccount):
                    keys[home.account] = Keys.make()
                ports = (base_port + 2 * number, base_port + 2 * number + 1) if base_port else (0, 0)
                starting[name] = launch.cloud(home, ports, keys.get(home.identity))
        return {name: ready(started, wanted[name]) for name, started in starting.items()}
    except BaseException:
        processes.stop(started.process for started in starting.values())
        raise


def _ensure_provider(place: Place, registry: Registry, launch: Launch, progress: Progress) -> None:
    plugin = registry.provider
    if plugin and plugin.process.alive() and plugin.code == fingerprint(PLUGIN_PART):
        return
    progress("starting the provider plugin")
    registry.provider = launch.provider()
    registry.save(place.registry)


def _keep_to_one_mode(place: Place, *, strict: bool, running: bool) -> None:
    """Refuse to mix strict clouds with others; a sandbox whose clouds are gone may change."""
    if running and strict != place.strict.exists():
        now, asked = ("strict", "not strict") if place.strict.exists() else ("not strict", "strict")
        raise SandboxError(f"the sandbox that runs is {now}, and {asked} was asked for", "run `make down` first")
    if strict:
        place.strict.touch(0o600)
    else:
        place.strict.unlink(missing_ok=True)


def _names(clouds: Clouds) -> set[str]:
    return {process_name(cloud.home) for cloud in clouds.values()}


def _number(home: Home) -> str:
    return home.number if isinstance(home, GcpProject) else ""


def _locked_out(home: Home, keys: dict[str, Keys]) -> bool:
    return isinstance(home, AwsAccount) and home.account not in keys


def _check_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < SPACE:
        raise SandboxError(f"only {free // 1024**2} MB are free at {directory}", "free 300 MB and run it again")
