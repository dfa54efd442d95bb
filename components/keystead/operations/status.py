"""One environment: what its spec wants, what its clouds hold, and what that means."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pkgutil import resolve_name

from keystead.model.clouds import Cloud
from keystead.model.errors import CloudError
from keystead.operations.assessment import Assessment, State, assess_key, assess_renamed, assess_secret
from keystead.operations.inventory import Inventory, Orphan
from keystead.operations.mirrored import assess_follower, combined
from keystead.operations.progress import Progress, silent
from keystead.spec.environment import EnvironmentSpec

OBSERVERS: Mapping[Cloud, str] = {
    "aws": "keystead.operations.aws.observation:observe",
    "gcp": "keystead.operations.gcp.observation:observe",
}
"""What reads an environment's inventory from each cloud; imported when an environment is on that cloud."""


@dataclass(frozen=True, kw_only=True)
class CloudStatus:
    """The state of an environment's part on one cloud."""

    keys: Mapping[str, Assessment] = field(default_factory=dict)
    secrets: Mapping[str, Assessment] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    failure: str | None = None
    """Why nothing is known: not reachable, wrong account or project, access denied, not deployed."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentStatus:
    """The state of one environment at one time."""

    spec: EnvironmentSpec
    now: datetime
    clouds: Mapping[Cloud, CloudStatus]
    """Every cloud the environment is on, in the order of `CLOUDS`."""
    keys: Mapping[str, Assessment] = field(default_factory=dict)
    """What is known of each key on all of its clouds together; without those of which nothing is known."""
    secrets: Mapping[str, Assessment] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """Why nothing is known of a cloud; the cloud is named where there are several."""
        failed = {cloud: part.failure for cloud, part in self.clouds.items() if part.failure is not None}
        if len(self.clouds) == 1 or (len(failed) == len(self.clouds) and len(set(failed.values())) == 1):
            return list(dict.fromkeys(failed.values()))
        return [f"{self.spec.scope(cloud).title}: {text}" for cloud, text in failed.items()]

    @property
    def alarms(self) -> list[str]:
        """Alarms that are raised; the cloud is named where there are several."""
        several = len(self.clouds) > 1
        return [f"{name} ({cloud})" if several else name for cloud, part in self.clouds.items() for name in part.alarms]

    @property
    def orphans(self) -> list[tuple[Cloud, Orphan]]:
        """What the clouds hold under the environment's names and the spec does not have."""
        return [(cloud, orphan) for cloud, part in self.clouds.items() for orphan in part.orphans]

    @property
    def problems(self) -> int:
        """How many things are wrong; what merely waits for a person is not."""
        assessed = [*self.keys.values(), *self.secrets.values()]
        return sum(item.state.problem for item in assessed) + len(self.alarms) + len(self.failures) + len(self.orphans)

    @property
    def to_do(self) -> list[str]:
        """What a person has to do, each a command that can be copied."""
        found = []
        for name, item in self.secrets.items():
            by_hand = self.spec.secrets[name].rotation.rotator == "manual"
            if by_hand and item.state in (State.WAITING, State.REMINDER):
                found.append(f"keystead secret put {name} --env {self.spec.environment}")
            elif item.state is State.DELETING:
                found.append(f"keystead secret restore {name} --env {self.spec.environment}")
            elif item.retry and not by_hand:
                found.append(f"keystead rotate {name} --env {self.spec.environment}")
        return found


def statuses(
    specs: Iterable[EnvironmentSpec], now: datetime, progress: Progress = silent
) -> Iterator[EnvironmentStatus]:
    """Look at one environment after the other; a cloud that does not answer is a finding, not an exception."""
    for spec in specs:
        with progress(f"reading the state of {spec.environment}"):
            found = status(spec, now)
        yield found


def status(spec: EnvironmentSpec, now: datetime) -> EnvironmentStatus:
    """Look at one environment, at all of its clouds at once."""
    with ThreadPoolExecutor(len(spec.clouds)) as pool:
        jobs = {cloud: pool.submit(_seen, spec, cloud, resolve_name(OBSERVERS[cloud])) for cloud in spec.clouds}
        return assess(spec, {cloud: job.result() for cloud, job in jobs.items()}, now)


def _seen(spec: EnvironmentSpec, cloud: Cloud, observe: Callable[[EnvironmentSpec], Inventory]) -> Inventory | str:
    try:
        seen = observe(spec)
    except CloudError as error:
        return str(error)
    if seen.deployed or not (spec.keys_on(cloud) or spec.secrets_on(cloud)):
        return seen
    return f"{spec.environment}: not deployed. Bring it up with: pulumi up -s {spec.environment}"


def assess(spec: EnvironmentSpec, seen: Mapping[Cloud, Inventory | str], now: datetime) -> EnvironmentStatus:
    """Compare everything the spec names with what was seen of each cloud, or with why nothing was."""
    inventories = {cloud: found for cloud, found in seen.items() if isinstance(found, Inventory)}
    parts = {
        cloud: _part(spec, cloud, inventories, now) if cloud in inventories else CloudStatus(failure=str(found))
        for cloud, found in seen.items()
    }
    keys = {name: {cloud: part.keys[name] for cloud, part in parts.items() if name in part.keys} for name in spec.keys}
    secrets = {
        name: {cloud: part.secrets[name] for cloud, part in parts.items() if name in part.secrets}
        for name in spec.secrets
    }
    return EnvironmentStatus(
        spec=spec,
        now=now,
        clouds=parts,
        keys={name: combined(assessed, spec.keys[name].clouds) for name, assessed in keys.items() if assessed},
        secrets={name: combined(assessed, spec.secrets[name].clouds) for name, assessed in secrets.items() if assessed},
    )


def _part(spec: EnvironmentSpec, cloud: Cloud, inventories: Mapping[Cloud, Inventory], now: datetime) -> CloudStatus:
    mine = inventories[cloud]
    secrets: dict[str, Assessment] = {}
    for name in spec.secrets_on(cloud):
        secret, found = spec.secrets[name], mine.secrets.get(name)
        if cloud in spec.followers(name):
            leading = inventories.get(spec.leader(name))
            secrets[name] = assess_follower(secret, leading.secrets.get(name) if leading else None, found, now)
        else:
            secrets[name] = assess_secret(secret, found, now)
        if name in spec.renamed:
            secrets[name] = assess_renamed(secrets[name], spec.renamed[name])
    return CloudStatus(
        keys={name: assess_key(spec.keys[name], mine.keys.get(name)) for name in spec.keys_on(cloud)},
        secrets=secrets,
        alarms=mine.alarms,
        orphans=mine.orphans,
    )
