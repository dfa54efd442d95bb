"""One environment: what its spec wants, what its clouds hold, and what that means."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from keystead.model.clouds import Cloud
from keystead.model.errors import CloudError
from keystead.operations.assessment import Judgement, State, judge_key, judge_secret
from keystead.operations.aws import observation as aws
from keystead.operations.gcp import observation as gcp
from keystead.operations.inventory import Inventory
from keystead.operations.mirrored import FOLLOWER, LEADER, combined, judge_follower
from keystead.operations.places import clouds_of, title_of
from keystead.spec.environment import EnvironmentSpec

OBSERVERS: Mapping[Cloud, Callable[[EnvironmentSpec], Inventory]] = {"aws": aws.observe, "gcp": gcp.observe}


@dataclass(frozen=True, kw_only=True)
class CloudSurvey:
    """The state of an environment's part on one cloud."""

    keys: Mapping[str, Judgement] = field(default_factory=dict)
    secrets: Mapping[str, Judgement] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    failure: str | None = None
    """Why nothing is known: not reachable, wrong account or project, access denied, not deployed."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The state of one environment at one moment."""

    spec: EnvironmentSpec
    now: datetime
    clouds: Mapping[Cloud, CloudSurvey]
    """Every cloud the environment is on, AWS first."""
    keys: Mapping[str, Judgement] = field(default_factory=dict)
    """What is known of each key on all of its clouds together; without those of which nothing is known."""
    secrets: Mapping[str, Judgement] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """Why nothing is known of a cloud; it is named where there are two."""
        failed = {cloud: part.failure for cloud, part in self.clouds.items() if part.failure is not None}
        if len(self.clouds) == 1 or (len(failed) == len(self.clouds) and len(set(failed.values())) == 1):
            return list(dict.fromkeys(failed.values()))
        return [f"{title_of(self.spec, cloud)}: {text}" for cloud, text in failed.items()]

    @property
    def alarms(self) -> list[str]:
        """Alarms that are raised; the cloud is named where there are two."""
        several = len(self.clouds) > 1
        return [f"{name} ({cloud})" if several else name for cloud, part in self.clouds.items() for name in part.alarms]

    @property
    def problems(self) -> int:
        """How many things are wrong; what merely waits for a person is not."""
        judged = [*self.keys.values(), *self.secrets.values()]
        return sum(item.state.problem for item in judged) + len(self.alarms) + len(self.failures)

    @property
    def errands(self) -> list[str]:
        """What a person has to do, each a command that can be copied."""
        found = []
        for name, item in self.secrets.items():
            by_hand = self.spec.secrets[name].rotation.rotator == "manual"
            if by_hand and item.state in (State.WAITING, State.REMINDER):
                found.append(f"keystead secret put {name} --env {self.spec.environment}")
            elif item.retry and not by_hand:
                found.append(f"keystead rotate {name} --env {self.spec.environment}")
        return found


def survey(spec: EnvironmentSpec, now: datetime) -> Survey:
    """Look at one environment; a cloud that does not answer is a finding, not an exception."""
    clouds = clouds_of(spec)
    with ThreadPoolExecutor(len(clouds)) as pool:
        jobs = {cloud: pool.submit(_seen, spec, cloud) for cloud in clouds}
        return judge(spec, {cloud: job.result() for cloud, job in jobs.items()}, now)


def _seen(spec: EnvironmentSpec, cloud: Cloud) -> Inventory | str:
    try:
        seen = OBSERVERS[cloud](spec)
    except CloudError as error:
        return str(error)
    if seen.deployed or not (spec.keys_on(cloud) or spec.secrets_on(cloud)):
        return seen
    return f"{spec.environment}: not deployed. Bring it up with: pulumi up -s {spec.environment}"


def judge(spec: EnvironmentSpec, seen: Mapping[Cloud, Inventory | str], now: datetime) -> Survey:
    """Judge everything the spec names against what was seen of each cloud, or why nothing was."""
    inventories = {cloud: found for cloud, found in seen.items() if isinstance(found, Inventory)}
    parts = {
        cloud: _part(spec, cloud, inventories, now) if cloud in inventories else CloudSurvey(failure=str(found))
        for cloud, found in seen.items()
    }
    keys = {name: {cloud: part.keys[name] for cloud, part in parts.items() if name in part.keys} for name in spec.keys}
    secrets = {
        name: {cloud: part.secrets[name] for cloud, part in parts.items() if name in part.secrets}
        for name in spec.secrets
    }
    return Survey(
        spec=spec,
        now=now,
        clouds=parts,
        keys={name: combined(judged, spec.keys[name].clouds) for name, judged in keys.items() if judged},
        secrets={name: combined(judged, spec.secrets[name].clouds) for name, judged in secrets.items() if judged},
    )


def _part(spec: EnvironmentSpec, cloud: Cloud, seen: Mapping[Cloud, Inventory], now: datetime) -> CloudSurvey:
    mine, leading = seen[cloud], seen.get(LEADER)
    secrets: dict[str, Judgement] = {}
    for name in spec.secrets_on(cloud):
        secret, found = spec.secrets[name], mine.secrets.get(name)
        if cloud == FOLLOWER and spec.mirrored(name):
            secrets[name] = judge_follower(secret, leading.secrets.get(name) if leading else None, found, now)
        else:
            secrets[name] = judge_secret(secret, found, now)
    return CloudSurvey(
        keys={name: judge_key(spec.keys[name], mine.keys.get(name)) for name in spec.keys_on(cloud)},
        secrets=secrets,
        alarms=mine.alarms,
    )
