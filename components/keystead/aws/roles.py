"""The roles of an environment on AWS IAM."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from keystead.aws.encryption import EncryptionKey
from keystead.aws.role_list import Role, every_role
from keystead.aws.statements import written
from keystead.model.aws.scope import AwsScope
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
        self.arns = {}
        for role in every_role(args.scope, args.spec):
            self._role(args, role)
        self.register_outputs({"arns": self.arns})

    def _role(self, args: RolesArgs, declared: Role) -> None:
        short = declared.name.removeprefix(args.scope.prefix)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            short,
            name=declared.name,
            assume_role_policy=written(declared.trusted),
            max_session_duration=SESSION_SECONDS,
            opts=child,
        )
        aws.iam.RolePolicy(
            short,
            name="keystead",
            role=role.name,
            policy=policy_of(declared, args.keys),
            opts=child,
        )
        self.arns[short] = role.arn


def policy_of(role: Role, keys: Mapping[str, EncryptionKey]) -> pulumi.Output[str]:
    """Return the role's policy once the ARNs of its keys are known."""
    arns = {name: pulumi.Output.all(*(arn for _, arn in sorted(keys[name].arns.items()))) for name in role.keys}
    return pulumi.Output.all(**arns).apply(lambda known: written(role.granted(known)))
