"""Service accounts: the roles of an environment on GCP."""

import pulumi
import pulumi_gcp as gcp

from keystead.model.gcp.scope import GcpScope


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
