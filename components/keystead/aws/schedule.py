"""When Secrets Manager rotates a secret."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from keystead.aws.secret import Secret
from keystead.model.aws.rotation_rules import RotationRules

IMMEDIATELY = "rotateImmediately"


@dataclass(frozen=True)
class Rotated:
    """A secret that the rotator gives its values."""

    name: str
    rules: RotationRules
    secret: Secret
    needs: Sequence[pulumi.Resource]
    """What must exist before the first rotation."""


def schedule_rotations(
    rotated: Sequence[Rotated],
    function: aws.lambda_.Function,
    needs: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> None:
    """Let Secrets Manager call the function for each secret; `needs` must exist before the first call."""
    for one in rotated:
        child = pulumi.ResourceOptions(
            parent=parent, depends_on=[*needs, one.secret.policy, *one.needs], deleted_with=one.secret
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
        kept = pulumi.ResourceOptions(parent=opts.parent, replacement_trigger=rotated.secret.arn)
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


def _rules(rules: RotationRules) -> aws.secretsmanager.SecretRotationRotationRulesArgs:
    return aws.secretsmanager.SecretRotationRotationRulesArgs(
        automatically_after_days=rules.days, schedule_expression=rules.expression, duration=rules.duration
    )
