"""Permissions a service checks for its caller beyond the operation itself, as kms:Decrypt behind GetSecretValue."""

from typing import Any

from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.identity.context import SERVICES
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import access_denied
from keystead_sandbox.local_aws.protocol.in_process import here

POLICIES = {
    "kms": ("services.kms", "key_policy_for_arn"),
    "lambda": ("services.lambda_svc", "function_policy_for_arn"),
    "secretsmanager": ("services.secretsmanager", "secret_policy_for_arn"),
    "sns": ("services.sns", "topic_policy_for_arn"),
    "sqs": ("services.sqs", "queue_policy_for_arn"),
}
"""Where the policy of a service's resources is."""


def decide(principal: Any, action: str, resource: str, context: dict[str, Any], *, secure: bool | None = None) -> str:
    """`Allow`, `Deny` or `ImplicitDeny` for an action of a principal on a resource, with the resource's own policy.

    `secure` says whether the call uses TLS; None takes that from the request being served.
    """
    evaluator = ministack.module("core.iam_evaluator")
    if principal.policies is None:
        return "Allow"
    service = action.partition(":")[0]
    known = SERVICES.get(service)
    if known is not None:
        context = {**known.keys("", {}, resource), **context}
    asked = evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=here()[1],
        service_context={name.lower(): value for name, value in context.items()},
        principal_keys=principal.keys,
        **({} if secure is None else {"secure_transport": secure}),
    )
    result = evaluator.evaluate(asked, principal.policies, *principal.limits)
    policy = _policy(service, resource)
    if policy is not None:
        required = service == "kms"
        result = evaluator.combine_resource_policy(result, asked, *policy, required=required, limits=principal.limits)
    granted = known is not None and known.grants(action, resource, principal.arn, asked.service_context)
    return "Allow" if result.decision == "ImplicitDeny" and granted else str(result.decision)


def permitted(action: str, resource: str, context: dict[str, Any]) -> bool:
    """Whether the caller of the request being served may do `action`; true when the account acts by itself."""
    return _decided(action, resource, context) == "Allow"


def allowed(action: str, resource: str, context: dict[str, Any]) -> None:
    """Refuse the request being served, in AWS's words, unless its caller may do `action` on `resource`."""
    decision = _decided(action, resource, context)
    if decision != "Allow":
        raise access_denied(denial(requests.principal().arn, action, resource, decision))


def denial(principal_arn: str, action: str, resource: str, decision: str) -> str:
    """AWS's text (IAM user guide, "Troubleshoot access denied error messages")."""
    why = {
        "Deny": "with an explicit deny",
        "ImplicitDeny": f"because no identity-based policy allows the {action} action",
    }[decision]
    return f"User: {principal_arn} is not authorized to perform: {action} on resource: {resource} {why}"


def _decided(action: str, resource: str, context: dict[str, Any]) -> str:
    principal = requests.principal()
    return "Allow" if principal is None else decide(principal, action, resource, context)


def _policy(service: str, resource: str) -> Any:
    if service not in POLICIES or resource == "*":
        return None
    module, name = POLICIES[service]
    return getattr(ministack.module(module), name)(resource)
