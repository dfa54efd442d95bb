"""Key policies are checked as KMS checks them before it takes them.

Source: KMS API reference, CreateKey and PutKeyPolicy: the policy must let the caller call PutKeyPolicy again unless
BypassPolicyLockoutSafetyCheck is set, and its principals must exist; MalformedPolicyDocumentException otherwise. Its
longest form: developer guide, "Resource quotas".
"""

import uuid
from typing import Any

from keystead_sandbox.local_aws.identity import requests, resource_policies
from keystead_sandbox.local_aws.identity.authorization import allowed
from keystead_sandbox.local_aws.kms import records
from keystead_sandbox.local_aws.kms.context import keys
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, malformed_policy
from keystead_sandbox.local_aws.protocol.in_process import here, within

MOST_BYTES = 32_768

LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
INVALID_PRINCIPALS = "Policy contains a statement with one or more invalid principals."


def check(fields: dict[str, Any]) -> None:
    """Refuse a policy in CreateKey, PutKeyPolicy or ReplicateKey that KMS would refuse."""
    policy = fields.get("Policy")
    if not policy:
        return
    if len(policy.encode()) > MOST_BYTES:
        raise AwsError("LimitExceededException", f"The key policy is longer than {MOST_BYTES} bytes.")
    for statement in resource_policies.statements(policy, "Policy is not valid JSON.", "{}"):
        if (
            "NotPrincipal" in statement
            or "Principal" not in statement
            or resource_policies.unknown(statement["Principal"])
        ):
            raise malformed_policy(INVALID_PRINCIPALS)
    if not fields.get("BypassPolicyLockoutSafetyCheck") and not _caller_can_change(policy, fields.get("KeyId")):
        raise malformed_policy(LOCKED_OUT)


def may_create_replica(fields: dict[str, Any]) -> None:
    """Refuse ReplicateKey unless its caller may create keys in the replica's Region (API reference, ReplicateKey)."""
    with within(here()[0], str(fields.get("ReplicaRegion") or here()[1])):
        allowed("kms:CreateKey", "*", {})


def _caller_can_change(policy: str, key_id: str | None) -> bool:
    """Whether the caller could call PutKeyPolicy on this very key, or on the one being created, with the new policy."""
    caller = requests.principal()
    if caller is None or caller.policies is None:
        return True
    evaluator = ministack.module("core.iam_evaluator")
    account, region = here()
    record = records.find(key_id) if key_id else None
    resource = record["Arn"] if record else f"arn:aws:kms:{region}:{account}:key/{uuid.uuid4()}"
    asked = evaluator.EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.type,
        principal_account=caller.account,
        action="kms:PutKeyPolicy",
        resource_arn=resource,
        region=region,
        service_context={name.lower(): value for name, value in keys("PutKeyPolicy", {}, resource).items()},
        principal_keys=caller.keys,
    )
    identity = evaluator.evaluate(asked, caller.policies, *caller.limits)
    result = evaluator.combine_resource_policy(identity, asked, policy, account, required=True, limits=caller.limits)
    return bool(result.decision == "Allow")
