"""Who may take each role of an environment."""

from collections.abc import Sequence

from keystead.gcp.grants import Grant
from keystead.model.principals import on

IMPERSONATE = "roles/iam.serviceAccountTokenCreator"
"""Lets a person or a service account get tokens of an account, each for an hour at most."""
FEDERATE = "roles/iam.workloadIdentityUser"
"""Lets a workload with an identity of a pool, GKE's included, get tokens of an account."""


def trust(principals: Sequence[str]) -> list[Grant]:
    """The grants on a role's account, for its GCP members; those of AWS are AWS's affair.

    With no member it is open to whoever the project's own policy lets impersonate its accounts, as on AWS to whoever
    the account's policies allow. GCP cannot ask for a second factor here: that is up to how people sign in. A workload
    that runs *as* the account is given it by whoever deploys the workload, who needs `iam.serviceAccounts.actAs`.
    """
    return [Grant(member, _role(member)) for member in sorted(set(on("gcp", principals)))]


def _role(member: str) -> str:
    return FEDERATE if member.startswith(("principal://", "principalSet://")) else IMPERSONATE
