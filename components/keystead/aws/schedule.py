"""When Secrets Manager rotates a secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from keystead.aws.secret import Secret
from keystead.model.aws.rotation_rules import RotationRules

IMMEDIATELY = "rotateImmediately"
UNFINISHED = "previous rotation isn't complete"
"""What RotateSecret answers while AWSPENDING is on a version that is not the current one (API reference)."""


@dataclass(frozen=True)
class Rotated:
    """A secret that the rotator gives its values."""

    name: str
    rules: RotationRules
    secret: Secret
    needs: Sequence[pulumi.Resource]
    """What must exist before the first rotation."""


def schedule_rotations(
    environment: str,
    rotated: Sequence[Rotated],
    function: aws.lambda_.Function,
    needs: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> None:
    """Let Secrets Manager call the function for each secret; `needs` must exist before the first call."""
    hook = pulumi.ErrorHook(f"{environment}-unfinished-rotation", partial(explain, environment))
    hooks = pulumi.ResourceHookBinding(on_error=[hook])
    for one in rotated:
        child = pulumi.ResourceOptions(
            parent=parent, depends_on=[*needs, one.secret.policy, *one.needs], deleted_with=one.secret, hooks=hooks
        )
        RotationSchedule(one, function.arn, child)


class RotationSchedule:
    """The rules by which Secrets Manager rotates a secret. The first ones rotate at once, changed ones do not.

    A new secret has no value, so that RotateSecret has to rotate it; a change of the rules only has to store them. The
    provider sends `rotateImmediately` with either and compares it with the state. So the rules that a secret began with
    are kept in the stack's state: with others it is false, and with the same ones again what the state has is left.
    """

    def __init__(self, rotated: Rotated, function_arn: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        now = str(rotated.rules)
        kept = pulumi.ResourceOptions(
            parent=opts.parent, depends_on=opts.depends_on, replacement_trigger=rotated.secret.arn
        )
        self._first = pulumi.Stash(f"{rotated.name}-first-rules", input=now, opts=kept).output.apply(
            lambda first: first in (None, now)
        )
        aws.secretsmanager.SecretRotation(
            rotated.name,
            secret_id=rotated.secret.arn,
            rotation_lambda_arn=function_arn,
            rotate_immediately=self._first,
            rotation_rules=_rules(rotated.rules),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(transforms=[self._leave])),
        )

    async def _leave(self, args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        """Leave what the state has where the rules are those that the secret began with."""
        if await self._first.future() is False:
            return None
        args.opts.ignore_changes = [*(args.opts.ignore_changes or []), IMMEDIATELY]
        return pulumi.ResourceTransformResult(args.props, args.opts)


def explain(environment: str, failed: pulumi.ErrorHookArgs) -> bool:
    """Say what ends a rotation that keeps a schedule from being changed; never has the change tried again.

    The provider repeats the call until its time is up, and AWS refuses it with any parameters.
    """
    if any(UNFINISHED in error for error in failed.errors):
        pulumi.log.error(unfinished(failed.name, str((failed.new_inputs or {}).get("secretId", "")), environment))
    return False


def unfinished(name: str, arn: str, environment: str) -> str:
    """Return what a person reads of a rotation that has not finished."""
    label = f"--secret-id {arn} --version-stage AWSPENDING --remove-from-version-id VERSION"
    return (
        f"the schedule of {name} was not changed, since a rotation of it has not finished: its label AWSPENDING is on "
        "a version that is not the current one, and Secrets Manager takes no schedule until that is over. "
        f"See what failed with: keystead status --env {environment}. "
        f"To finish the rotation: keystead rotate {name} --env {environment}. To give it up, find the version with: "
        f"aws secretsmanager describe-secret --secret-id {arn} --query VersionIdsToStages, and take its label away "
        f"with: aws secretsmanager update-secret-version-stage {label}. Then run pulumi up again"
    )


def _rules(rules: RotationRules) -> aws.secretsmanager.SecretRotationRotationRulesArgs:
    return aws.secretsmanager.SecretRotationRotationRulesArgs(
        automatically_after_days=rules.days, schedule_expression=rules.expression, duration=rules.duration
    )
