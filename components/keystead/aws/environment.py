"""Composition of one environment's components on AWS."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from keystead.aws.alerts import Alerts, AlertsArgs
from keystead.aws.encryption import EncryptionKey, EncryptionKeyArgs
from keystead.aws.key_policy import services_of
from keystead.aws.operations_key import operations_services
from keystead.aws.roles import Roles, RolesArgs
from keystead.aws.rotator import Rotator, RotatorArgs
from keystead.aws.secret import Secret, SecretArgs
from keystead.aws.secret_policy import readers_of
from keystead.model.aws.scope import AwsScope
from keystead.spec.environment import OPERATIONS_KEY, EnvironmentSpec
from keystead.spec.keys import KeySpec


class AwsEnvironment(pulumi.ComponentResource):
    """Everything one environment has on AWS, in its own account and under its own names."""

    outputs: pulumi.Output[dict[str, object]]
    """ARNs and names by kind: account, region, keys, secrets, roles, rotator, alarms."""

    def __init__(
        self,
        name: str,
        spec: EnvironmentSpec,
        provider: aws.Provider,
        followers_ready: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        scope = spec.scope("aws")
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=[provider]))
        super().__init__("keystead:aws:Environment", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        keys = self._keys(scope, spec)
        secrets = self._secrets(scope, spec, keys)
        operations = self._operations(scope, spec)
        roles = Roles("roles", RolesArgs(scope, spec, {**keys, OPERATIONS_KEY: operations}), self._child)
        rotator = Rotator("rotation", RotatorArgs(scope, spec, keys, secrets, operations, followers_ready), self._child)
        alerts = Alerts(
            "alerts",
            AlertsArgs(scope, spec.alerts.emails, operations.arn, rotator.log_group, rotator.function),
            self._child,
        )
        self.outputs = pulumi.Output.from_input(
            {
                "account": scope.account,
                "region": scope.region,
                "keys": {key: {"arn": built.arn, "alias": built.alias} for key, built in keys.items()},
                "secrets": {secret: {"arn": built.arn, "name": built.name} for secret, built in secrets.items()},
                "roles": {**roles.arns, "rotator": rotator.role_arn},
                "rotator": {
                    "function": rotator.function,
                    "log_group": rotator.log_group,
                    "dead_letters": rotator.dead_letters,
                },
                "alarms": alerts.alarms,
                "topic": alerts.topic_arn,
            }
        )
        self.register_outputs({"outputs": self.outputs})

    def _keys(self, scope: AwsScope, spec: EnvironmentSpec) -> dict[str, EncryptionKey]:
        return {
            name: EncryptionKey(name, EncryptionKeyArgs(scope, key, services_of(scope, spec, name)), self._child)
            for name, key in spec.keys_on("aws").items()
        }

    def _secrets(self, scope: AwsScope, spec: EnvironmentSpec, keys: dict[str, EncryptionKey]) -> dict[str, Secret]:
        renamed = spec.renamed
        return {
            name: Secret(
                name,
                SecretArgs(
                    scope,
                    secret,
                    keys[secret.key],
                    readers_of(scope, spec, name),
                    rotator_reads=spec.rotator_reads(name, "aws"),
                    renamed=name in renamed,
                ),
                self._child,
            )
            for name, secret in spec.secrets_on("aws").items()
        }

    def _operations(self, scope: AwsScope, spec: EnvironmentSpec) -> EncryptionKey:
        key = KeySpec(
            use="encrypt",
            clouds=["aws"],
            purpose="logs, alarms and dead letters of the rotation",
            rotation=spec.defaults.key_rotation,
            deletion_window=spec.defaults.deletion_window,
            protected=False,
            hsm=spec.defaults.hsm,
            replicas=[],
        )
        return EncryptionKey(OPERATIONS_KEY, EncryptionKeyArgs(scope, key, operations_services(scope)), self._child)
