"""When Secret Manager publishes the rotation of a secret."""

import datetime as dt

import pulumi
import pulumi_gcp as gcp

from keystead.model.timestamp import format_timestamp
from keystead.packaging import contract

NEXT = "rotation.nextRotationTime"


class RotationSchedule:
    """The period of a secret's rotation and the time of the first one, which is one period after the period was set.

    From the first rotation on the service keeps the time and moves it. It accepts period and time only together, and no
    new time less than five minutes ahead (API reference, Rotation): a past time with a new period would be refused. So
    the planned time is kept in the stack's state, one for each period and set of locations: until it has passed it is
    declared, and a new period gets a new one. After that the service's own time is left unchanged.
    """

    def __init__(self, name: str, every: dt.timedelta, place: str, opts: pulumi.ResourceOptions) -> None:
        seconds = int(every.total_seconds())
        self._now, self._fresh = format_timestamp(contract.now()), format_timestamp(contract.now() + every)
        kept = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["input"]))
        self._planned = pulumi.Stash(f"{name}-every-{seconds}s-in-{place}", input=self._fresh, opts=kept).output
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
