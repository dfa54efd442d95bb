"""The roles of an environment on GCP: service accounts that people and workloads act as."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.gcp import role_policy
from keystead.gcp.grants import CustomRole, Grant, condition_args
from keystead.gcp.trust import service_account, trust
from keystead.model.gcp.scope import GcpScope
from keystead.spec.environment import EnvironmentSpec


@dataclass(frozen=True)
class RolesArgs:
    """What the roles need to know of their environment."""

    scope: GcpScope
    spec: EnvironmentSpec


class Roles(pulumi.ComponentResource):
    """A reader per workload, administrator, auditor and break-glass, each with least privilege.

    A role on AWS is a service account here, and a role's policy is a set of grants to it: those on the project are made
    here, those on a secret or key with that secret or key. The administrator manages and reads no value; the auditor
    reads settings and changes nothing; break-glass reads every value. Sessions last an hour, the lifetime of an
    account's token. The rotator's account belongs to `Rotator`; all custom roles are made here.
    """

    emails: dict[str, pulumi.Output[str]]
    """E-mail address of the account by short name of the role, such as `checkout-reader`."""

    def __init__(self, name: str, args: RolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Roles", name, None, opts)
        scope, spec = args.scope, args.spec
        self._args = args
        self._custom = [self._custom_role(role) for role in role_policy.CUSTOM]
        self.emails = {}
        for reader in spec.readers("gcp"):
            secrets = spec.read_by(reader, "gcp")
            trusted = {principal for secret in secrets for principal in spec.secrets[secret].readers[reader].trust}
            self._role(f"{reader}-reader", reader, f"Reads {len(secrets)} secrets", sorted(trusted), [])
        self._role(
            "administrator",
            "administrator",
            "Manages keys and secrets, reads no value",
            spec.roles.administrators.trust,
            role_policy.administrator(scope),
        )
        self._role(
            "auditor",
            "auditor",
            "Sees settings and records, changes nothing",
            spec.roles.auditors.trust,
            role_policy.auditor(scope),
        )
        self._role(
            "break-glass",
            "break-glass",
            "Reads everything in an emergency",
            spec.roles.break_glass.trust,
            role_policy.break_glass(scope),
        )
        self.register_outputs({"emails": self.emails})

    def _custom_role(self, role: CustomRole) -> pulumi.Resource:
        scope = self._args.scope
        return gcp.projects.IAMCustomRole(
            role.name,
            role_id=scope.custom_role(role.name),
            project=scope.project,
            title=f"Keystead {scope.environment}: {role.title}",
            permissions=list(role.permissions),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _role(self, short: str, account_name: str, text: str, trusted: Sequence[str], granted: Sequence[Grant]) -> None:
        scope = self._args.scope
        account = service_account(scope, short, text, pulumi.ResourceOptions(parent=self), role=account_name)
        for grant in trust(trusted):
            gcp.serviceaccount.IAMMember(
                f"{short}-{grant.label}",
                service_account_id=account.name,
                role=grant.role,
                member=grant.member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        for grant in granted:
            gcp.projects.IAMMember(
                f"{short}-{grant.label}",
                project=scope.project,
                role=grant.role,
                member=grant.member,
                condition=condition_args(grant.condition),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[account, *self._custom]),
            )
        self.emails[short] = account.email
