"""Secrets on AWS Secrets Manager."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from keystead.aws.encryption import EncryptionKey
from keystead.aws.secret_policy import secret_policy
from keystead.aws.statements import written
from keystead.model.aws.scope import BY_HAND, MOVED, OWNER_TAG, AwsScope
from keystead.restrictions.restriction import Restriction
from keystead.spec.secrets import SecretSpec


@dataclass(frozen=True)
class SecretArgs:
    """What a secret needs to know of its environment."""

    scope: AwsScope
    spec: SecretSpec
    key: EncryptionKey
    readers: Mapping[str, Restriction | None]
    """Name of each reader's role, with the restriction it reads under."""
    rotator_reads: bool = True
    """Whether the rotator may read its values."""
    renamed: bool = False
    """Whether its values are rotated under another name."""


class Secret(pulumi.ComponentResource):
    """One secret `<environment>/<name>`, its encryption, replicas and resource policy; never its value.

    The value comes from the rotator, or from a person with `keystead secret put`. Where the tier protects it, `pulumi
    destroy` refuses to delete it; where there is a recovery window, a deleted secret keeps its name and can be restored
    until the window ends. A tag marks secrets that are not rotated.
    """

    arn: pulumi.Output[str]
    """ARN of the secret, for policies; it is not secret."""
    name: pulumi.Output[str]
    """Full name, the environment included."""
    protected: bool
    """Whether it is protected; the next run reads it from the state and refuses to remove it."""
    policy: aws.secretsmanager.SecretPolicy
    """The resource policy, which must exist before the first value does."""

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:aws:Secret", name, None, opts)
        scope, spec, key = args.scope, args.spec, args.key
        unrotated = MOVED if args.renamed else BY_HAND if spec.rotation.by_hand else {}
        secret = aws.secretsmanager.Secret(
            name,
            name=scope.secret_name(name),
            description=spec.purpose,
            kms_key_id=key.arn,
            recovery_window_in_days=spec.recovery_window.days,
            replicas=[
                aws.secretsmanager.SecretReplicaArgs(region=region, kms_key_id=arn)
                for region, arn in key.arns.items()
                if spec.replicas and region != scope.region
            ],
            tags={OWNER_TAG: spec.owner, **unrotated},
            opts=pulumi.ResourceOptions(parent=self, protect=spec.protected),
        )
        self.policy = aws.secretsmanager.SecretPolicy(
            name,
            secret_arn=secret.arn,
            policy=written(secret_policy(scope, args.readers, rotated=args.rotator_reads)),
            block_public_policy=True,
            opts=pulumi.ResourceOptions(parent=self, protect=spec.protected, deleted_with=secret),
        )
        self.protected = spec.protected
        self.arn = secret.arn
        self.name = secret.name
        self.register_outputs({"arn": self.arn, "name": self.name, "protected": self.protected})
