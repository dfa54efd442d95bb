"""What AWS services may do in the account: by a resource's policy as themselves, or with a role they assume."""

from typing import Any

from keystead_sandbox.local_aws.identity import roles
from keystead_sandbox.local_aws.identity.authorization import decide
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.in_process import here

NAME_THE_ACCOUNT = frozenset(
    f"{service}.amazonaws.com" for service in ("codebuild", "ecs-tasks", "scheduler", "states")
)
"""Services that send aws:SourceAccount and aws:SourceArn when they assume a role: their guides have trust policies
with them ("Confused deputy prevention" of CodeBuild, ECS task roles, EventBridge Scheduler and Step Functions). That on
Lambda's execution roles asks for the service principal alone.
"""


def policy_allows(
    policy: Any, service: str, action: str, resource: str, source_arn: str, context: dict[str, str] | None = None
) -> bool:
    """Whether a resource's policy lets an AWS service of this account do `action` on behalf of `source_arn`."""
    account, region = here()
    evaluator = ministack.module("core.iam_evaluator")
    asked = evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        source_ip="",
        secure_transport=True,
        service_context={
            **_source(service, action, account, source_arn),
            **(context or {}),
        },
        principal_keys={"aws:principalisawsservice": "true", "aws:principalservicename": service},
    )
    return bool(evaluator.evaluate_resource_policy(policy, asked, service=service).decision == "Allow")


def assumable(role_arn: str, service: str, source_arn: str = "") -> bool:
    """Whether a role exists and its trust policy lets the service assume it on behalf of `source_arn`."""
    role = roles.find(role_arn)
    if role is None:
        return False
    return policy_allows(role["AssumeRolePolicyDocument"], service, "sts:AssumeRole", role_arn, source_arn)


def role_may(role_arn: str, action: str, resource: str) -> bool:
    """Whether a role's policies, its boundary and the resource's policy allow a service that assumed it `action`."""
    if roles.find(role_arn) is None:
        return False
    return decide(roles.service_session(role_arn), action, resource, {}, secure=True) == "Allow"


def _source(service: str, action: str, account: str, source_arn: str) -> dict[str, str]:
    """For whom a service acts; not every service says so when it assumes a role."""
    if action == "sts:AssumeRole" and service not in NAME_THE_ACCOUNT:
        return {}
    keys = {"aws:sourceaccount": account, "aws:sourceowner": account}
    return keys | ({"aws:sourcearn": source_arn} if source_arn else {})
