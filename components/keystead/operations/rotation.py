"""Gives a secret a new value now: requests the rotation, waits for its end, and looks at the followers after it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pkgutil import resolve_name

from keystead.functions.shared.clock import now
from keystead.model.clouds import Cloud
from keystead.model.errors import CloudError, KeysteadError
from keystead.operations.declared import declared
from keystead.operations.progress import Progress, silent
from keystead.operations.rotation_request import Outcome, RotationRequest, displaced, wait_for
from keystead.spec.environment import EnvironmentSpec

ROTATIONS: Mapping[Cloud, str] = {
    "aws": "keystead.operations.aws.rotation:AwsRotationRequest",
    "gcp": "keystead.operations.gcp.rotation:GcpRotationRequest",
}
"""What requests a rotation where the cloud leads it; imported when one is requested there."""
FOLLOWERS: Mapping[Cloud, str] = {"gcp": "keystead.operations.gcp.rotation:follows"}
"""What says whether a cloud that follows has a version of the leader."""

Notice = Callable[[str], None]
"""Called with a sentence that a person should read at once."""


class Result(StrEnum):
    """How far a rotation came."""

    ORDERED = "ordered"
    """Requested; nobody waited for its end."""
    ROTATED = "rotated"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    """Not over when the time to wait was."""


class Followed(StrEnum):
    """Whether the follower of a mirrored secret has the new value."""

    HOLDS = "holds"
    LAGS = "lags"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, kw_only=True)
class RotationReport:
    """What became of a requested rotation."""

    spec: EnvironmentSpec
    secret: str
    cloud: Cloud
    """The cloud that rotates."""
    before: str | None
    """The version that was current before."""
    current: str | None
    """The new current version, once it is."""
    reason: str | None
    """Why the rotation failed."""
    result: Result
    advice: str
    """What helps when the rotation cannot finish."""
    follower: Followed | None = None
    """Of a mirrored secret that was rotated."""

    @property
    def stored_as(self) -> str:
        """Name of the secret in the store of the cloud that rotates."""
        return self.spec.scope(self.cloud).secret_name(self.secret)


def rotate(
    spec: EnvironmentSpec,
    name: str,
    patience: float | None,
    progress: Progress = silent,
    notice: Notice = lambda _text: None,
    *,
    end_previous: bool = False,
) -> RotationReport:
    """Rotate one secret, and wait up to `patience` seconds for its end; not at all where that is None.

    A previous value that is still readable ends with the next rotation: without `end_previous` that is refused.
    """
    if declared(spec, name).rotation.rotator == "manual":
        raise KeysteadError(
            f"{spec.environment}: the rotator of {name} is manual: a person provides its value. Store a new one with: "
            f"keystead secret put {name} --env {spec.environment}"
        )
    cloud = spec.leader(name)
    with progress(f"requesting the rotation of {name} in {spec.environment}"):
        request: RotationRequest = resolve_name(ROTATIONS[cloud])(spec, name)
        if not end_previous and request.displaces():
            raise CloudError(displaced(spec, name, f"keystead rotate {name}"))
        since = now()
        accepted = request.submit()
    if accepted.resumed:
        notice(f"{name}: an earlier rotation has not finished; it is continued.")
    outcome = Outcome()
    if patience is not None:
        with progress(f"rotating {name} in {spec.environment}"):
            outcome = wait_for(request, accepted, since, patience, pause=time.sleep)
    return RotationReport(
        spec=spec,
        secret=name,
        cloud=cloud,
        before=accepted.before,
        current=outcome.current,
        reason=outcome.failure,
        result=Result.ORDERED if patience is None else _result(outcome),
        advice=request.advice(accepted),
        follower=_follower(spec, name, outcome.current, notice) if outcome.current and spec.mirrored(name) else None,
    )


def _result(outcome: Outcome) -> Result:
    if outcome.current:
        return Result.ROTATED
    return Result.FAILED if outcome.failure else Result.UNFINISHED


def _follower(spec: EnvironmentSpec, name: str, version: str, notice: Notice) -> Followed:
    """Say whether the followers of a mirrored secret have its new value, too; the worst of them counts."""
    found = [_followed(spec, name, cloud, version, notice) for cloud in spec.followers(name)]
    return next((each for each in (Followed.NOT_SEEN, Followed.LAGS) if each in found), Followed.HOLDS)


def _followed(spec: EnvironmentSpec, name: str, cloud: Cloud, version: str, notice: Notice) -> Followed:
    title = spec.scope(cloud).title
    try:
        held = resolve_name(FOLLOWERS[cloud])(spec, name, version)
    except CloudError as error:
        notice(f"{title}: {error}")
        return Followed.NOT_SEEN
    if not held:
        notice(f"{title} does not hold the new value yet; the rotator's sweep brings it within the hour.")
    return Followed.HOLDS if held else Followed.LAGS
