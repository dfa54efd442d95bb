"""Encryption keys on AWS KMS."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from keystead.aws.key_policy import key_policy
from keystead.aws.statements import written
from keystead.model.aws.keys import KEY_SPEC, KEY_USAGE
from keystead.model.aws.scope import AwsScope
from keystead.restrictions.aws import Statement
from keystead.spec.keys import KeySpec


@dataclass(frozen=True)
class EncryptionKeyArgs:
    """What a key needs to know of its environment."""

    scope: AwsScope
    spec: KeySpec
    services: Sequence[Statement] = field(default=())
    """Statements for the AWS services that use the key, for themselves or on behalf of others."""


class EncryptionKey(pulumi.ComponentResource):
    """One key of one environment, its alias `alias/<environment>/<name>`, its replicas and grants.

    Encryption keys rotate automatically; for signing and MAC keys, which AWS does not rotate, a new key takes the
    alias. AWS keeps every KMS key in hardware security modules, so tier critical needs nothing more here. Where the
    tier protects keys, `pulumi destroy` refuses to delete it.
    """

    arn: pulumi.Output[str]
    """ARN of the key in the environment's own region."""
    alias: pulumi.Output[str]
    """Name of the alias, the same in every region."""
    arns: dict[str, pulumi.Output[str]]
    """ARN by region, the replicas included."""
    protected: bool
    """Whether it is protected; the next run reads it from the state and refuses to remove it."""

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:aws:EncryptionKey", name, None, opts)
        scope, spec = args.scope, args.spec
        policy = written(key_policy(scope, spec, args.services))
        key = self._primary(name, args, policy)
        self.arn = key.arn
        self.arns = {scope.region: key.arn}
        alias = aws.kms.Alias(name, name=scope.key_alias(name), target_key_id=key.key_id, opts=self._guarded(args))
        self.alias = alias.name
        for region in spec.replicas_on("aws"):
            self.arns[region] = self._replica(name, region, args, key, policy)
        for grant_name, grant in sorted(spec.grants.items()):
            context = aws.kms.GrantConstraintArgs(encryption_context_subset={"environment": scope.environment})
            aws.kms.Grant(
                f"{name}-{grant_name}",
                name=grant_name,
                key_id=key.key_id,
                grantee_principal=grant.principal,
                operations=sorted(grant.operations),
                constraints=[context] if spec.use == "encrypt" else None,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.protected = spec.protected
        self.register_outputs({"arn": self.arn, "alias": self.alias, "arns": self.arns, "protected": self.protected})

    def _primary(self, name: str, args: EncryptionKeyArgs, policy: str) -> aws.kms.Key:
        spec = args.spec
        return aws.kms.Key(
            name,
            description=spec.purpose,
            key_usage=KEY_USAGE[spec.use],
            customer_master_key_spec=KEY_SPEC[spec.use],
            policy=policy,
            enable_key_rotation=True if spec.rotation else None,
            rotation_period_in_days=spec.rotation.days if spec.rotation else None,
            deletion_window_in_days=args.spec.deletion_window.days,
            multi_region=bool(spec.replicas_on("aws")),
            # A key that loses its last replica stays a multi-Region key: KMS cannot make it another one.
            opts=pulumi.ResourceOptions.merge(
                self._guarded(args), pulumi.ResourceOptions(ignore_changes=None if spec.replace else ["multiRegion"])
            ),
        )

    def _replica(
        self, name: str, region: str, args: EncryptionKeyArgs, key: aws.kms.Key, policy: str
    ) -> pulumi.Output[str]:
        replica = aws.kms.ReplicaKey(
            f"{name}-{region}",
            region=region,
            primary_key_arn=key.arn,
            description=args.spec.purpose,
            policy=policy,
            deletion_window_in_days=args.spec.deletion_window.days,
            opts=self._guarded(args),
        )
        aws.kms.Alias(
            f"{name}-{region}",
            region=region,
            name=args.scope.key_alias(name),
            target_key_id=replica.key_id,
            opts=self._guarded(args),
        )
        return replica.arn

    def _guarded(self, args: EncryptionKeyArgs) -> pulumi.ResourceOptions:
        protected = args.spec.protected
        return pulumi.ResourceOptions(parent=self, protect=protected, retain_on_delete=protected)
