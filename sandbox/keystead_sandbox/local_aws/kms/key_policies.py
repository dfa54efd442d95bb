"""Key policies are checked as KMS checks them before it takes them.

Source: KMS API reference, CreateKey and PutKeyPolicy: the policy must let the caller call PutKeyPolicy again unless
BypassPolicyLockoutSafetyCheck is set, and its principals must exist; MalformedPolicyDocumentException otherwise.
"""

import json
from collections.abc import Callable
from typing import Any

from keystead_sandbox.local_aws.identity import principals, requests
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response

LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
INVALID_PRINCIPALS = "Policy contains a statement with one or more invalid principals."
ANY_KEY = "arn:aws:kms:{region}:{account}:key/new"


def install(service: Any) -> None:
    """Check policies in CreateKey, PutKeyPolicy and ReplicateKey."""
    for name in ("_create_key", "_put_key_policy", "_replicate_key"):
        ministack.wrap(service, name, _checked)


def _checked(known: Callable[[dict[str, Any]], Response]) -> Callable[[dict[str, Any]], Response]:
    def operation(data: dict[str, Any]) -> Response:
        try:
            if data.get("Policy"):
                check(data["Policy"], bypass=bool(data.get("BypassPolicyLockoutSafetyCheck")))
        except AwsError as error:
            return error.response()
        return known(data)

    return operation


def check(policy: str, *, bypass: bool) -> None:
    """Refuse a policy KMS would refuse."""
    try:
        document = json.loads(policy)
    except ValueError as error:
        raise _malformed("Policy is not valid JSON.") from error
    evaluator = ministack.module("core.iam_evaluator")
    problem = evaluator.validate_policy_document(document)
    if problem:
        raise _malformed(problem)
    found = document["Statement"]
    for statement in found if isinstance(found, list) else [found]:
        if "NotPrincipal" in statement or "Principal" not in statement or principals.unknown(statement["Principal"]):
            raise _malformed(INVALID_PRINCIPALS)
    if not bypass and not _caller_can_change(policy):
        raise _malformed(LOCKED_OUT)


def _caller_can_change(policy: str) -> bool:
    caller = requests.principal()
    if caller is None or caller.policies is None:
        return True
    evaluator, responses = ministack.module("core.iam_evaluator"), ministack.module("core.responses")
    account, region = responses.get_account_id(), responses.get_region()
    asked = evaluator.EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.type,
        principal_account=caller.account,
        action="kms:PutKeyPolicy",
        resource_arn=ANY_KEY.format(region=region, account=account),
        region=region,
        principal_keys=caller.keys,
    )
    identity = evaluator.evaluate(asked, caller.policies, *caller.limits)
    result = evaluator.combine_resource_policy(identity, asked, policy, account, required=True, limits=caller.limits)
    return bool(result.decision == "Allow")


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocumentException", message)
