"""What AWS services may do in the account: by a resource's policy as themselves, or with a role they assume."""

from typing import Any

from keystead_sandbox.local_aws.identity.authorization import decide
from keystead_sandbox.local_aws.patches import ministack


def policy_allows(
    policy: Any, service: str, action: str, resource: str, source_arn: str, context: dict[str, str] | None = None
) -> bool:
    """Whether a resource's policy lets an AWS service of this account do `action` on behalf of `source_arn`."""
    evaluator = ministack.module("core.iam_evaluator")
    account = ministack.module("core.responses").get_account_id()
    asked = evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=resource.split(":")[3],
        source_ip="",
        secure_transport=True,
        service_context={
            "aws:sourceaccount": account,
            "aws:sourceowner": account,
            "aws:sourcearn": source_arn,
            **(context or {}),
        },
        principal_keys={"aws:principalisawsservice": "true", "aws:principalservicename": service},
    )
    return bool(evaluator.evaluate_resource_policy(policy, asked, service=service).decision == "Allow")


def assumable(role_arn: str, service: str, source_arn: str = "") -> bool:
    """Whether a role exists and its trust policy lets the service assume it on behalf of `source_arn`."""
    role = _role(role_arn)
    if role is None:
        return False
    evaluator = ministack.module("core.iam_evaluator")
    trust = role["AssumeRolePolicyDocument"]
    asked = evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=role_arn.split(":")[4],
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=ministack.module("core.responses").get_region(),
        source_ip="",
        secure_transport=True,
        service_context={
            "aws:sourceaccount": role_arn.split(":")[4],
            **({"aws:sourcearn": source_arn} if source_arn else {}),
        },
    )
    return bool(evaluator.evaluate_resource_policy(trust, asked, service=service).decision == "Allow")


def role_may(role_arn: str, action: str, resource: str) -> bool:
    """Whether a role's policies, its boundary and the resource's policy allow `action`."""
    role = _role(role_arn)
    if role is None:
        return False
    evaluator = ministack.module("core.iam_evaluator")
    account, name = role_arn.split(":")[4], role["RoleName"]
    roles = ministack.original(ministack.module("services.iam"), "_roles")
    session = f"arn:aws:sts::{account}:assumed-role/{name}/aws-service"
    principal = evaluator.PrincipalInfo(
        arn=session,
        type="AssumedRole",
        account=account,
        policies=evaluator._gather_role_policies(name, account),
        limits=evaluator._permissions_boundary(roles, name, account),
    )
    return decide(principal, action, resource, {}) == "Allow"


def _role(role_arn: str) -> Any:
    roles = ministack.original(ministack.module("services.iam"), "_roles")
    account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    role = roles.get_scoped(account, None, role_arn.rpartition("/")[2])
    return role if role and role["Arn"] == role_arn else None
