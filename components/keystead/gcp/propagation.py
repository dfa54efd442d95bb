"""Rights and services that this run gives take effect late; what relies on them waits or is tried again.

IAM: a change takes effect "typically within 2 minutes, potentially 7 minutes or more" (IAM guide, "Access change
propagation"); an API that was just switched on refuses calls for a few minutes. Google's provider waits for neither.
AWS has no counterpart: its provider repeats what a new role cannot do yet.
"""

import asyncio
import datetime as dt
import os
import re

import pulumi

from keystead.packaging import contract

TYPICAL = dt.timedelta(minutes=2)
LONGEST = dt.timedelta(minutes=10)
PAUSE = dt.timedelta(seconds=10)
"""Between two tries; the engine allows 100 of them."""

AT_ONCE = "KEYSTEAD_RIGHTS_AT_ONCE"
"""Set by a sandbox that is not strict, where rights take effect at once: nothing waits for them there."""

FUNCTION = "gcp:cloudfunctionsv2/function:Function"
_GIVES = re.compile(r"gcp:.*(IAMMember|IamMember|Service|ServiceIdentity|IAMCustomRole)$")
_DISABLED = re.compile(r"SERVICE_DISABLED|has not been used in project")
_MISSING = re.compile(r"[Pp]ermission|service identity")
_OWN = re.compile(r"\b403\b")
"""What the deployer may not do is refused with 403, what a service agent may not do with 400."""


class Propagation:
    """Waits and retries of one environment; where nothing was given in this run, there is neither.

    A secret or key that Google refuses for a right of its service agent, and whatever needs an API that was just
    switched on, is created again until the right has taken effect. A function whose build was refused stays behind as
    failed and cannot be created again, so it waits for the rights first.
    """

    def __init__(self, environment: str) -> None:
        self._environment = environment
        self._newest: dt.datetime | None = None
        self._given = pulumi.ResourceHook(f"{environment}-gcp-given", self._note)
        self._build = pulumi.ResourceHook(f"{environment}-gcp-before-build", self._wait)
        self._failed = pulumi.ErrorHook(f"{environment}-gcp-failed", self._again)

    def bind(self, args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        """Give every resource on GCP its hooks."""
        if not args.custom or not args.type_.startswith("gcp:"):
            return None
        hooks = pulumi.ResourceHookBinding(
            before_create=[self._build] if args.type_ == FUNCTION else None,
            after_create=[self._given] if _GIVES.match(args.type_) else None,
            on_error=[self._failed],
        )
        args.opts.hooks = pulumi.ResourceHookBinding.merge(args.opts.hooks, hooks)
        return pulumi.ResourceTransformResult(args.props, args.opts)

    def _note(self, _args: pulumi.ResourceHookArgs) -> None:
        self._newest = contract.now()

    async def _wait(self, args: pulumi.ResourceHookArgs) -> None:
        if self._newest is not None and not os.environ.get(AT_ONCE):
            pulumi.log.info(
                f"{args.name}: waiting up to {TYPICAL.seconds} s for the rights of its build to take effect"
            )
            await _until(self._newest + TYPICAL)

    async def _again(self, args: pulumi.ErrorHookArgs) -> bool:
        if args.type == FUNCTION:
            _say_how_to_repair(args)
            return False
        if self._newest is None or not is_late(args.errors[0]) or contract.now() > self._newest + LONGEST:
            return False
        await _until(contract.now() + PAUSE)
        return True


def is_late(error: str) -> bool:
    """Whether an error may be one of a right or an API that has not taken effect yet."""
    if _DISABLED.search(error):
        return True
    return _MISSING.search(error) is not None and not _OWN.search(error)


def _say_how_to_repair(args: pulumi.ErrorHookArgs) -> None:
    given = args.new_inputs or {}
    if args.failed_operation == "create" and "name" in given and "location" in given:
        command = f"gcloud functions delete {given['name']} --region={given['location']} --quiet"
        pulumi.log.error(
            f"{args.name}: a function whose build failed stays behind and cannot be created again; run `{command}`, "
            "then `pulumi up` again"
        )


async def _until(time: dt.datetime) -> None:
    while (left := (time - contract.now()).total_seconds()) > 0:
        await asyncio.sleep(min(left, 1))
