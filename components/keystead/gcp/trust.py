"""The service account of each role of an environment, and who may take it."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from keystead.gcp.grants import Grant
from keystead.model.gcp.scope import GcpScope
from keystead.model.principals import on

IMPERSONATE = "roles/iam.serviceAccountTokenCreator"
"""Lets a person or a service account get tokens of an account, each for an hour at most."""
FEDERATE = "roles/iam.workloadIdentityUser"
"""Lets a workload with an identity of a pool, GKE's included, get tokens of an account."""


def service_account(
    scope: GcpScope, name: str, text: str, opts: pulumi.ResourceOptions, *, role: str | None = None
) -> gcp.serviceaccount.Account:
    """The service account of a role or a reader; `role` where its resource has another name."""
    return gcp.serviceaccount.Account(
        name,
        account_id=scope.account_id(role or name),
        project=scope.project,
        display_name=f"{scope.environment} {name}",
        description=text,
        opts=opts,
    )


def trust(principals: Sequence[str]) -> list[Grant]:
    """The grants on a role's account for its GCP members; principals of AWS are handled by `keystead.aws`.

    With no member, the role is open to everyone whom the project's own policy lets impersonate its accounts, as on AWS
    to everyone whom the account's policies allow. GCP cannot require a second factor here: that depends on how people
    sign in. A workload that runs *as* the account gets it from whoever deploys the workload, who needs
    `iam.serviceAccounts.actAs`.
    """
    return [Grant(member, _role(member)) for member in sorted(set(on("gcp", principals)))]


def _role(member: str) -> str:
    return FEDERATE if member.startswith(("principal://", "principalSet://")) else IMPERSONATE
