"""Encryption keys on Cloud KMS."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_gcp as gcp

from keystead.gcp.grants import Grant, condition_args
from keystead.gcp.key_policy import key_policy
from keystead.gcp.key_ring import KeyRings
from keystead.model.gcp.keys import ALGORITHM, PURPOSE, protection_level
from keystead.model.gcp.scope import GcpScope
from keystead.spec.keys import KeySpec


@dataclass(frozen=True)
class EncryptionKeyArgs:
    """What a key needs to know of its environment."""

    scope: GcpScope
    spec: KeySpec
    rings: KeyRings
    services: Sequence[Grant] = field(default=())
    """Grants for the service agents of Google that use the key on behalf of others."""


class EncryptionKey(pulumi.ComponentResource):
    """One key of one environment, in each of its locations, and who may manage and use it.

    A key on GCP stays in one location and has no replicas: keys of the same name in other locations have key material
    of their own, and none decrypts what another one encrypted. Encryption keys rotate automatically; signing and MAC
    keys get new versions by hand. AWS keeps every key in hardware, GCP only on request, which tier critical makes. A
    crypto key has neither alias nor description: it is called by its name, and its purpose is in the spec only. It can
    never be deleted: `pulumi destroy` destroys its versions after the deletion window, and refuses to where the tier
    protects keys. GCP changes neither that window nor the protection level of a key: an existing key keeps those it was
    created with, since a replacement could not decrypt; a key of another name gets the new ones.
    """

    name: pulumi.Output[str]
    """Name of the key, the same in every location."""
    path: pulumi.Output[str]
    """Path of the key in the environment's own location."""
    paths: dict[str, pulumi.Output[str]]
    """Path by location."""
    protected: bool
    """Whether it is protected; the next run reads it from the state and refuses to remove it."""
    granted: list[pulumi.Resource]
    """Grants of the service agents, which must exist before anything is encrypted on behalf of others."""

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:EncryptionKey", name, None, opts)
        self.paths, self.granted = {}, []
        for location in (args.scope.location, *args.spec.replicas_on("gcp")):
            suffix = "" if location == args.scope.location else f"-{location}"
            key = self._key(f"{name}{suffix}", name, location, args)
            self.paths[location] = key.id
            if not suffix:
                self.name = key.name
            for grant in key_policy(args.scope, args.spec):
                self._grant(f"{name}{suffix}", key, grant)
            self.granted += [self._grant(f"{name}{suffix}", key, grant) for grant in args.services]
        self.path = self.paths[args.scope.location]
        self.protected = args.spec.protected
        self.register_outputs({"name": self.name, "path": self.path, "paths": self.paths, "protected": self.protected})

    def _key(self, resource: str, name: str, location: str, args: EncryptionKeyArgs) -> gcp.kms.CryptoKey:
        spec = args.spec
        return gcp.kms.CryptoKey(
            resource,
            name=args.scope.key_name(name),
            key_ring=args.rings.paths[location],
            purpose=PURPOSE[spec.use],
            version_template=gcp.kms.CryptoKeyVersionTemplateArgs(
                algorithm=ALGORITHM[spec.use], protection_level=protection_level(hsm=spec.hsm)
            ),
            rotation_period=f"{int(spec.rotation.total_seconds())}s" if spec.rotation else None,
            destroy_scheduled_duration=f"{int(spec.deletion_window.total_seconds())}s",
            deletion_policy="PREVENT" if spec.protected else "DELETE",
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=spec.protected,
                retain_on_delete=spec.protected,
                ignore_changes=["destroyScheduledDuration", "versionTemplate.protectionLevel"],
            ),
        )

    def _grant(self, resource: str, key: gcp.kms.CryptoKey, grant: Grant) -> pulumi.Resource:
        return gcp.kms.CryptoKeyIAMMember(
            f"{resource}-{grant.label}",
            crypto_key_id=key.id,
            role=grant.role,
            member=grant.member,
            condition=condition_args(grant.condition),
            opts=pulumi.ResourceOptions(parent=self),
        )
