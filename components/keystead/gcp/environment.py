"""Composition of one environment's components on GCP."""

import pulumi
import pulumi_gcp as gcp

from keystead.gcp.alerts import Alerts, AlertsArgs
from keystead.gcp.encryption import EncryptionKey, EncryptionKeyArgs
from keystead.gcp.federation import Federation, FederationArgs
from keystead.gcp.key_policy import secrets_service
from keystead.gcp.key_ring import KeyRings, KeyRingsArgs
from keystead.gcp.propagation import Propagation
from keystead.gcp.roles import Roles, RolesArgs
from keystead.gcp.rotator import Rotator, RotatorArgs
from keystead.gcp.secret import Secret, SecretArgs
from keystead.gcp.services import Services, ServicesArgs
from keystead.spec.environment import EnvironmentSpec


class GcpEnvironment(pulumi.ComponentResource):
    """Everything one environment has on GCP, in its own project and under its own names.

    The order differs from AWS: here roles are accounts that keys and secrets name, and creating a secret calls its
    rotator, so roles, keys and the rotator are created first.
    """

    outputs: pulumi.Output[dict[str, object]]
    """Names and paths by kind: project, location, keys, secrets, roles, rotator, alerts."""
    ready: list[pulumi.Resource]
    """What the leader's rotator on AWS needs before it rotates a mirrored secret."""

    def __init__(
        self, name: str, spec: EnvironmentSpec, provider: gcp.Provider, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        scope = spec.scope("gcp")
        own = pulumi.ResourceOptions(providers=[provider], transforms=[Propagation(scope.environment).bind])
        opts = pulumi.ResourceOptions.merge(opts, own)
        super().__init__("keystead:gcp:Environment", name, None, opts)
        self._scope, self._spec = scope, spec
        services = Services("services", ServicesArgs(scope), pulumi.ResourceOptions(parent=self))
        roles = Roles("roles", RolesArgs(scope, spec), self._after(services))
        keys = self._keys(services, roles)
        rotator = Rotator("rotation", RotatorArgs(scope, spec), self._after(services, roles))
        secrets = self._secrets(keys, rotator, roles)
        alerts = Alerts("alerts", AlertsArgs(scope, spec.alerts.emails, rotator.function), self._after(services))
        self.ready = self._federation(secrets, roles)
        self.outputs = pulumi.Output.from_input(
            {
                "project": scope.project,
                "location": scope.location,
                "keys": {key: {"name": built.name, "path": built.path} for key, built in keys.items()},
                "secrets": {secret: {"name": built.name, "path": built.path} for secret, built in secrets.items()},
                "roles": {**roles.emails, "rotator": rotator.email},
                "rotator": {
                    "function": rotator.function,
                    "topic": rotator.topic,
                    "log_bucket": rotator.log_bucket,
                    "dead_letters": rotator.dead_letters,
                },
                "alerts": alerts.policies,
            }
        )
        self.register_outputs({"outputs": self.outputs})

    def _after(self, *needs: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(needs))

    def _keys(self, services: Services, roles: Roles) -> dict[str, EncryptionKey]:
        scope, spec = self._scope, self._spec
        rings = KeyRings("key-rings", KeyRingsArgs(scope), self._after(services))
        keys = {}
        for name, key in spec.keys_on("gcp").items():
            agents = [secrets_service(scope)] if name in spec.encryption_keys_on("gcp") else []
            args = EncryptionKeyArgs(scope, key, rings, agents)
            keys[name] = EncryptionKey(name, args, self._after(services, roles))
        return keys

    def _secrets(self, keys: dict[str, EncryptionKey], rotator: Rotator, roles: Roles) -> dict[str, Secret]:
        spec = self._spec
        rotated, renamed = set(spec.rotated("gcp")), spec.renamed
        return {
            name: Secret(
                name,
                SecretArgs(
                    self._scope,
                    secret,
                    keys[secret.key],
                    {reader: spec.restriction_of(name, reader, "gcp") for reader in secret.readers_on("gcp")},
                    rotator.topic if name in rotated else None,
                    name in renamed,
                    rotator.ready if name in rotated else [],
                ),
                self._after(roles),
            )
            for name, secret in spec.secrets_on("gcp").items()
        }

    def _federation(self, secrets: dict[str, Secret], roles: Roles) -> list[pulumi.Resource]:
        mirrored = {name: secret for name, secret in secrets.items() if self._spec.mirrored(name)}
        if not mirrored:
            return []
        args = FederationArgs(self._scope, self._spec.scope("aws"), mirrored)
        return Federation("federation", args, self._after(roles)).ready
