"""One environment: what its spec wants, what the cloud holds, and what that means."""

from dataclasses import dataclass, field
from datetime import datetime

from keystead.cli.aws.observation import observe
from keystead.cli.inventory import Inventory
from keystead.cli.judgement import Judgement, State, judge_key, judge_secret
from keystead.errors import CloudError
from keystead.spec import EnvironmentSpec


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The state of one environment at one moment."""

    spec: EnvironmentSpec
    now: datetime
    keys: dict[str, Judgement] = field(default_factory=dict)
    secrets: dict[str, Judgement] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    failure: str | None = None
    """Why nothing is known: not reachable, wrong account, access denied, not deployed."""

    @property
    def problems(self) -> int:
        """How many things are wrong; what merely waits for a person is not."""
        judged = [*self.keys.values(), *self.secrets.values()]
        return sum(item.state.problem for item in judged) + len(self.alarms) + (self.failure is not None)

    @property
    def errands(self) -> list[str]:
        """What a person has to do, each a command that can be copied."""
        return [
            f"keystead secret put {name} --env {self.spec.environment}"
            for name, item in self.secrets.items()
            if item.state in (State.WAITING, State.REMINDER) and self.spec.secrets[name].rotation.rotator == "manual"
        ]


def survey(spec: EnvironmentSpec, now: datetime) -> Survey:
    """Look at one environment; a cloud that does not answer is a finding, not an exception."""
    try:
        seen = observe(spec)
    except CloudError as error:
        return Survey(spec=spec, now=now, failure=str(error))
    if not seen.deployed:
        name = spec.environment
        return Survey(spec=spec, now=now, failure=f"{name}: not deployed. Bring it up with: pulumi up -s {name}")
    return judge(spec, seen, now)


def judge(spec: EnvironmentSpec, seen: Inventory, now: datetime) -> Survey:
    """Judge everything the spec names against what was seen."""
    return Survey(
        spec=spec,
        now=now,
        keys={name: judge_key(key, seen.keys.get(name)) for name, key in spec.keys.items()},
        secrets={name: judge_secret(secret, seen.secrets.get(name), now) for name, secret in spec.secrets.items()},
        alarms=seen.alarms,
    )
