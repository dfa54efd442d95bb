"""Permissions a service checks for its caller beyond the operation itself, as kms:Decrypt behind GetSecretValue."""

from typing import Any

from keystead_sandbox.local_aws.identity import context as contexts
from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import access_denied


def decide(principal: Any, action: str, resource: str, context: dict[str, Any]) -> str:
    """`Allow`, `Deny` or `ImplicitDeny` for an action of a principal on a resource, with the resource's own policy."""
    evaluator, responses = ministack.module("core.iam_evaluator"), ministack.module("core.responses")
    if principal.policies is None:
        return "Allow"
    service = action.partition(":")[0]
    if service == "kms":
        context = {**contexts.key({}, resource), **context}
    asked = evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=responses.get_region(),
        service_context={name.lower(): value for name, value in context.items()},
        principal_keys=principal.keys,
    )
    result = evaluator.evaluate(asked, principal.policies, *principal.limits)
    policy = evaluator._resource_policy(service, resource)
    if policy is not None:
        required = service in evaluator._POLICY_REQUIRED
        result = evaluator.combine_resource_policy(result, asked, *policy, required=required, limits=principal.limits)
    return str(result.decision)


def permitted(action: str, resource: str, context: dict[str, Any]) -> bool:
    """Whether the caller of the request being served may do `action`; true when the account acts by itself."""
    return _decided(action, resource, context) == "Allow"


def allowed(action: str, resource: str, context: dict[str, Any]) -> None:
    """Refuse the request being served, in AWS's words, unless its caller may do `action` on `resource`.

    Source: IAM user guide, "Troubleshoot access denied error messages".
    """
    decision = _decided(action, resource, context)
    if decision != "Allow":
        why = {
            "Deny": "with an explicit deny",
            "ImplicitDeny": f"because no identity-based policy allows the {action} action",
        }[decision]
        asked = f"User: {requests.principal().arn} is not authorized to perform: {action} on resource: {resource}"
        raise access_denied(f"{asked} {why}")


def _decided(action: str, resource: str, context: dict[str, Any]) -> str:
    principal = requests.principal()
    return "Allow" if principal is None else decide(principal, action, resource, context)
