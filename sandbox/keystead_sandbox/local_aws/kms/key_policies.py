"""Key policies are checked as KMS checks them before it takes them.

Source: KMS API reference, CreateKey and PutKeyPolicy: the policy must let the caller call PutKeyPolicy again unless
BypassPolicyLockoutSafetyCheck is set, and its principals must exist; MalformedPolicyDocumentException otherwise.
"""

from typing import Any

from keystead_sandbox.local_aws.identity import requests, resource_policies
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import malformed_policy
from keystead_sandbox.local_aws.protocol.in_process import here

LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
INVALID_PRINCIPALS = "Policy contains a statement with one or more invalid principals."


def check(fields: dict[str, Any]) -> None:
    """Refuse a policy in CreateKey, PutKeyPolicy or ReplicateKey that KMS would refuse."""
    policy = fields.get("Policy")
    if not policy:
        return
    for statement in resource_policies.statements(policy, "Policy is not valid JSON.", "{}"):
        if (
            "NotPrincipal" in statement
            or "Principal" not in statement
            or resource_policies.unknown(statement["Principal"])
        ):
            raise malformed_policy(INVALID_PRINCIPALS)
    if not fields.get("BypassPolicyLockoutSafetyCheck") and not _caller_can_change(policy):
        raise malformed_policy(LOCKED_OUT)


def _caller_can_change(policy: str) -> bool:
    caller = requests.principal()
    if caller is None or caller.policies is None:
        return True
    evaluator = ministack.module("core.iam_evaluator")
    account, region = here()
    asked = evaluator.EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.type,
        principal_account=caller.account,
        action="kms:PutKeyPolicy",
        resource_arn=f"arn:aws:kms:{region}:{account}:key/new",
        region=region,
        principal_keys=caller.keys,
    )
    identity = evaluator.evaluate(asked, caller.policies, *caller.limits)
    result = evaluator.combine_resource_policy(identity, asked, policy, account, required=True, limits=caller.limits)
    return bool(result.decision == "Allow")
