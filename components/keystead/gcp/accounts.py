"""Service accounts, which roles of an environment are on GCP."""

import pulumi
import pulumi_gcp as gcp

from keystead.model.gcp.scope import GcpScope


def service_account(
    scope: GcpScope, name: str, text: str, opts: pulumi.ResourceOptions, *, role: str | None = None
) -> gcp.serviceaccount.Account:
    """The service account of a role or a reader, which is called `name` where the resource is called otherwise."""
    return gcp.serviceaccount.Account(
        name,
        account_id=scope.account_id(role or name),
        project=scope.project,
        display_name=f"{scope.environment} {name}",
        description=text,
        opts=opts,
    )
