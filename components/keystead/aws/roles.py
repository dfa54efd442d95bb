"""The roles of an environment on AWS IAM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from keystead.aws import role_policy
from keystead.aws.encryption import EncryptionKey
from keystead.aws.key_policy import LOOK, MANAGE
from keystead.aws.statements import document, statement
from keystead.aws.trust import MOST_CHARACTERS, trust
from keystead.model.aws.scope import AwsScope
from keystead.restrictions.aws import Statement
from keystead.spec.environment import EnvironmentSpec

SESSION_SECONDS = 3600
"""Longest session of any role: one hour, as security reviews of break-glass access require and the minimum of IAM."""


@dataclass(frozen=True)
class RolesArgs:
    """What the roles need to know of their environment."""

    scope: AwsScope
    spec: EnvironmentSpec
    keys: Mapping[str, EncryptionKey]
    """Every key of the environment, its own one for operations included."""


class Roles(pulumi.ComponentResource):
    """A reader per workload, administrator, auditor and break-glass, each with least privilege.

    A reader reads the secrets whose `readers` name it, each within its own restriction, and nothing else. The
    administrator manages and reads no value; the auditor reads settings and changes nothing; break-glass reads every
    value, for an hour, with multi-factor authentication. The rotator's role belongs to `Rotator`.
    """

    arns: dict[str, pulumi.Output[str]]
    """ARN by short name of the role, such as `checkout-reader`."""

    def __init__(self, name: str, args: RolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:aws:Roles", name, None, opts)
        scope, spec = args.scope, args.spec
        regions = list(scope.regions)
        by_hand = sorted(name for name, secret in spec.secrets_on("aws").items() if secret.rotation.rotator == "manual")
        self._args = args
        self.arns = {}
        for reader in spec.readers("aws"):
            self._reader(reader, regions)
        everything = sorted(spec.secrets_on("aws"))
        self._role(
            scope.administrator_role,
            trust(scope, spec.roles.administrators.trust),
            role_policy.administrator(scope, by_hand, regions),
            [self._manage(MANAGE), *([self._use(by_hand, regions, writes=True)] if by_hand else [])],
        )
        self._role(
            scope.auditor_role,
            trust(scope, spec.roles.auditors.trust),
            role_policy.auditor(scope, regions),
            [self._manage(LOOK)],
        )
        self._role(
            scope.break_glass_role,
            trust(scope, spec.roles.break_glass.trust, mfa=True),
            role_policy.break_glass(scope, regions),
            [self._use(everything, regions)] if everything else [],
        )
        self.register_outputs({"arns": self.arns})

    def _reader(self, reader: str, regions: Sequence[str]) -> None:
        scope, spec = self._args.scope, self._args.spec
        secrets = spec.read_by(reader, "aws")
        trusted = sorted({principal for secret in secrets for principal in spec.secrets[secret].readers[reader].trust})
        restrictions = {secret: spec.restriction_of(secret, reader, "aws") for secret in secrets}
        self._role(
            scope.reader_role(reader),
            trust(scope, trusted),
            role_policy.reader(scope, restrictions, regions),
            [self._use(secrets, regions)],
        )

    def _manage(self, actions: Sequence[str]) -> pulumi.Output[Statement]:
        arns = [arn for _, key in sorted(self._args.keys.items()) for _, arn in sorted(key.arns.items())]
        return pulumi.Output.all(*arns).apply(lambda known: statement("Keys", "Allow", actions, known))

    def _use(self, secrets: Sequence[str], regions: Sequence[str], *, writes: bool = False) -> pulumi.Output[Statement]:
        scope, spec = self._args.scope, self._args.spec
        keys = [self._args.keys[name] for name in spec.encryption_keys_on("aws")]
        arns = [arn for key in keys for _, arn in sorted(key.arns.items())]
        return pulumi.Output.all(*arns).apply(
            lambda known: role_policy.use_keys(scope, secrets, known, regions, writes=writes)
        )

    def _role(self, name: str, trusted: list[Statement], granted: list[Statement], using: list[Any]) -> None:
        short = name.removeprefix(self._args.scope.prefix)
        role = aws.iam.Role(
            short,
            name=name,
            assume_role_policy=pulumi.Output.json_dumps(
                document(trusted, MOST_CHARACTERS, f"the trust policy of role {name!r}")
            ),
            max_session_duration=SESSION_SECONDS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.iam.RolePolicy(
            short,
            name="keystead",
            role=role.name,
            policy=pulumi.Output.json_dumps(
                pulumi.Output.all(*using).apply(
                    lambda known: document([*granted, *known], what=f"the policy of role {name!r}")
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arns[short] = role.arn
