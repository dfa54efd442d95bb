"""When Secret Manager announces the rotation of a secret."""

import datetime as dt

import pulumi
import pulumi_gcp as gcp

from keystead.packaging import contract

FORM = "%Y-%m-%dT%H:%M:%SZ"
"""RFC 3339 in UTC; texts of this form are in the order of their times."""
NEXT = "rotation.nextRotationTime"


class RotationSchedule:
    """The period of a secret's rotation and the time of the next one, a period after the period was given.

    From the first rotation on the service keeps the time and moves it. It takes period and time together only, and no
    new time less than five minutes ahead (API reference, Rotation), so that a past one would go out with a new period
    and be refused. So the plan is kept in the stack's state, one for each period and place: while its time is to come
    it is declared, and a new period brings a new one. Once it has passed, the service's own time is left alone.
    """

    def __init__(self, name: str, every: dt.timedelta, place: str, opts: pulumi.ResourceOptions) -> None:
        seconds = int(every.total_seconds())
        self._now, self._fresh = f"{contract.now():{FORM}}", f"{contract.now() + every:{FORM}}"
        kept = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["input"]))
        self._planned = pulumi.Stash(f"{name}-every-{seconds}s-in-{place}", input=self._fresh, opts=kept).output
        self.args = gcp.secretmanager.SecretRotationArgs(
            next_rotation_time=self._planned.apply(lambda time: time if self._is_ahead(time) else self._fresh),
            rotation_period=f"{seconds}s",
        )

    async def leave_to_the_service(self, args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        """Ignore the time on a secret whose plan has passed; one that is made then gets a fresh time all the same."""
        time = await self._planned.future()
        if time is None or self._is_ahead(time):
            return None
        args.opts.ignore_changes = [*(args.opts.ignore_changes or []), NEXT]
        return pulumi.ResourceTransformResult(args.props, args.opts)

    def _is_ahead(self, time: str) -> bool:
        return time > self._now
