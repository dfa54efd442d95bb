"""When Secret Manager publishes the rotation of a secret."""

import datetime as dt

import pulumi
import pulumi_gcp as gcp

from keystead.model.rotation_window import DAY, HOUR, UtcWindow
from keystead.model.timestamp import format_timestamp
from keystead.packaging import contract

NEXT = "rotation.nextRotationTime"


class RotationSchedule:
    """The period of a secret's rotation and the time of the first one, which is one period after the period was set.

    With a window it is the last opening in that period; since both the period and the window are in whole days of UTC,
    the later ones open it too.

    From the first rotation on the service keeps the time and moves it. It accepts period and time only together, and no
    new time less than five minutes ahead (API reference, Rotation): a past time with a new period would be refused. So
    the planned time is kept in the stack's state, one for each period and set of locations: until it has passed it is
    declared, and a new period gets a new one. After that the service's own time is left unchanged.
    """

    def __init__(
        self, name: str, every: dt.timedelta, window: UtcWindow | None, place: str, opts: pulumi.ResourceOptions
    ) -> None:
        seconds, now, hour = int(every.total_seconds()), contract.now(), f"-at-{window.hour}h" if window else ""
        self._now, self._fresh = format_timestamp(now), format_timestamp(_first(now, every, window))
        kept = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["input"]))
        self._planned = pulumi.Stash(f"{name}-every-{seconds}s{hour}-in-{place}", input=self._fresh, opts=kept).output
        self.args = gcp.secretmanager.SecretRotationArgs(
            next_rotation_time=self._planned.apply(lambda time: time if self._is_ahead(time) else self._fresh),
            rotation_period=f"{seconds}s",
        )

    async def leave_to_the_service(self, args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        """Ignore the time of a secret whose planned time has passed; a secret created then still gets a new time."""
        time = await self._planned.future()
        if time is None or self._is_ahead(time):
            return None
        args.opts.ignore_changes = [*(args.opts.ignore_changes or []), NEXT]
        return pulumi.ResourceTransformResult(args.props, args.opts)

    def _is_ahead(self, time: str) -> bool:
        return time > self._now


def _first(now: dt.datetime, every: dt.timedelta, window: UtcWindow | None) -> dt.datetime:
    """Return the first time; an opening within the hour, when the secret may not exist yet, gives way to the next."""
    if window is None:
        return now + every
    opening = window.last_opening(now + every)
    return opening if opening - now > HOUR else opening + DAY
