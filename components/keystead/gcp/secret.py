"""Secrets on Google Secret Manager."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_gcp as gcp

from keystead.gcp.encryption import EncryptionKey
from keystead.gcp.grants import condition_args
from keystead.gcp.schedule import RotationSchedule
from keystead.gcp.secret_policy import secret_policy
from keystead.model.gcp.scope import GcpScope, label
from keystead.model.timestamp import format_timestamp
from keystead.restrictions.restriction import Restriction
from keystead.spec.secrets import SecretSpec


@dataclass(frozen=True)
class SecretArgs:
    """What a secret needs to know of its environment."""

    scope: GcpScope
    spec: SecretSpec
    key: EncryptionKey
    readers: Mapping[str, Restriction | None]
    """Name of each reader, with the restriction it reads under."""
    topic: pulumi.Input[str] | None = None
    """Path of the topic for rotation messages; None where GCP does not rotate the secret, since people or AWS provide
    its values."""
    renamed: bool = False
    """Whether its values are kept under another name too, and rotated or brought there."""
    needs: Sequence[pulumi.Resource] = field(default=())
    """What must exist first: the rotator and its rights, so that it can add the first value."""


class Secret(pulumi.ComponentResource):
    """One secret `<environment>-<name>`, its encryption, replication, schedule and readers; never its value.

    The value comes from the rotator as soon as the secret exists, from a person with `keystead secret put`, or from AWS
    where the secret is mirrored. The locations of a secret cannot be changed: with regions it has one replica and one
    key in each, else Google chooses the location and the key is global. GCP deletes a secret at once and permanently:
    the recovery window delays the destruction of *versions* here, and where the tier protects secrets, they cannot be
    deleted. The next rotation is set once for a period; from then on the service keeps it, and no later run moves it. A
    new period counts from the run that sets it; the hourly sweep rotates a value that comes of age before that. A value
    that is too old for the new period already is reported as late: run `keystead rotate`.
    """

    name: pulumi.Output[str]
    """Id of the secret, the environment included."""
    path: pulumi.Output[str]
    """Path of the secret with the project's id; it is not secret."""
    protected: bool
    """Whether it is protected; the next run reads it from the state and refuses to remove it."""

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Secret", name, None, opts)
        spec = args.spec
        places = "-".join(_locations(args))
        child = pulumi.ResourceOptions(parent=self)
        every, window = spec.rotation.every, spec.rotation.utc_window
        schedule = RotationSchedule(name, every, window, places, child) if args.topic is not None else None
        secret = gcp.secretmanager.Secret(
            name,
            secret_id=args.scope.secret_name(name),
            annotations={"purpose": spec.purpose},
            labels={"keystead-owner": label(spec.owner), **_rotation_label(args)},
            replication=_replication(args),
            topics=[gcp.secretmanager.SecretTopicArgs(name=args.topic)] if args.topic is not None else None,
            rotation=schedule.args if schedule else None,
            version_destroy_ttl=f"{int(spec.recovery_window.total_seconds())}s" if spec.recovery_window else None,
            expire_time=format_timestamp(spec.expires) if spec.expires else None,
            deletion_protection=spec.protected,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=spec.protected,
                ignore_changes=["versionAliases"],
                transforms=[schedule.leave_to_the_service] if schedule else None,
                depends_on=[*args.key.granted, *args.needs],
            ),
        )
        for grant in secret_policy(args.scope, args.readers, by_hand=spec.rotation.by_hand and not args.renamed):
            gcp.secretmanager.SecretIamMember(
                f"{name}-{grant.label}",
                secret_id=secret.id,
                role=grant.role,
                member=grant.member,
                condition=condition_args(grant.condition),
                opts=pulumi.ResourceOptions(parent=self, deleted_with=secret),
            )
        self.protected = spec.protected
        self.name, self.path = secret.secret_id, secret.id
        self.register_outputs({"name": self.name, "path": self.path, "protected": self.protected})


def _rotation_label(args: SecretArgs) -> dict[str, str]:
    """Mark why GCP does not rotate the secret: a person provides its value, or it has that of another secret."""
    if args.topic is not None:
        return {}
    return {"keystead-rotation": "manual" if args.spec.rotation.by_hand and not args.renamed else "copy"}


def _locations(args: SecretArgs) -> tuple[str, ...]:
    return args.scope.regions if args.spec.replicas else (args.scope.location,)


def _replication(args: SecretArgs) -> gcp.secretmanager.SecretReplicationArgs:
    scope, keys = args.scope, args.key.paths
    if scope.location == "global":
        encryption = gcp.secretmanager.SecretReplicationAutoCustomerManagedEncryptionArgs(kms_key_name=args.key.path)
        return gcp.secretmanager.SecretReplicationArgs(
            auto=gcp.secretmanager.SecretReplicationAutoArgs(customer_managed_encryption=encryption)
        )
    return gcp.secretmanager.SecretReplicationArgs(
        user_managed=gcp.secretmanager.SecretReplicationUserManagedArgs(
            replicas=[
                gcp.secretmanager.SecretReplicationUserManagedReplicaArgs(
                    location=location,
                    customer_managed_encryption=(
                        gcp.secretmanager.SecretReplicationUserManagedReplicaCustomerManagedEncryptionArgs(
                            kms_key_name=keys[location]
                        )
                    ),
                )
                for location in _locations(args)
            ]
        )
    )
