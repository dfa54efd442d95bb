"""Access for the rotator on AWS to mirrored secrets on GCP, without a key or a stored credential."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.gcp.grants import custom_role_path
from keystead.gcp.role_policy import ROTATE, SWEEP
from keystead.gcp.secret import Secret
from keystead.model.aws.scope import AwsScope
from keystead.model.gcp.scope import GcpScope


@dataclass(frozen=True)
class FederationArgs:
    """Who is trusted, and with what."""

    scope: GcpScope
    aws: AwsScope
    """Where the rotator of the mirrored secrets runs."""
    secrets: Mapping[str, Secret]
    """The mirrored secrets by name."""


class Federation(pulumi.ComponentResource):
    """A workload identity pool that accepts the environment's rotator on AWS and no other identity.

    The function presents a request to AWS STS, signed by its role, and Google verifies the role with AWS. The role then
    has the same rights on each mirrored secret as the rotator on GCP, and may list the project's secrets as that does.
    A deleted pool keeps its name for 30 days: an environment that is created again raises `gcp.generation`.
    """

    ready: list[pulumi.Resource]
    """What a rotation of a mirrored secret needs."""

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Federation", name, None, opts)
        scope = args.scope
        pool = gcp.iam.WorkloadIdentityPool(
            "aws",
            workload_identity_pool_id=scope.identity_pool,
            display_name=f"{scope.environment} keystead"[:32],
            description=f"The rotator of {scope.environment} on AWS",
            opts=pulumi.ResourceOptions(parent=self),
        )
        provider = gcp.iam.WorkloadIdentityPoolProvider(
            "aws",
            workload_identity_pool_id=pool.workload_identity_pool_id,
            workload_identity_pool_provider_id=scope.identity_provider,
            description=f"AWS account {args.aws.account}",
            aws=gcp.iam.WorkloadIdentityPoolProviderAwsArgs(account_id=args.aws.account),
            attribute_mapping=ATTRIBUTES,
            attribute_condition=f'attribute.aws_role == "{assumed_role(args.aws)}"',
            opts=pulumi.ResourceOptions(parent=self),
        )
        lists = gcp.projects.IAMMember(
            "aws",
            project=scope.project,
            role=custom_role_path(scope, SWEEP.name),
            member=member(scope, args.aws),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[pool]),
        )
        self.ready = [
            provider,
            lists,
            *(
                gcp.secretmanager.SecretIamMember(
                    secret,
                    secret_id=built.path,
                    role=custom_role_path(scope, ROTATE.name),
                    member=member(scope, args.aws),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[pool], deleted_with=built),
                )
                for secret, built in sorted(args.secrets.items())
            ),
        ]
        self.register_outputs({})


ATTRIBUTES = {
    "google.subject": "assertion.arn",
    "attribute.aws_role": "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/')"
    " + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn",
}
"""Attributes of a caller: its session, which logs show, and its role.
Source: IAM guide, "Configure Workload Identity Federation with AWS or Azure VMs", the default mapping."""


def assumed_role(scope: AwsScope) -> str:
    """Return the ARN of the rotator's assumed role as AWS STS reports it, without the session."""
    return f"arn:{scope.partition}:sts::{scope.account}:assumed-role/{scope.rotator_role}"


def member(scope: GcpScope, aws: AwsScope) -> str:
    """Name the rotator on AWS as IAM policies of GCP do."""
    return f"principalSet://iam.googleapis.com/{scope.identity_pool_path}/attribute.aws_role/{assumed_role(aws)}"
