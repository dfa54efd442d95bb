"""Calling Lambda functions for another service: its permission is checked, the function's metrics are ministack's."""

import json
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.local_aws.identity.service_roles import policy_allows
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.in_process import account_of, invoke_function, region_of, within


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function answered, or the text of its error."""

    failed: bool
    error: str
    body: Any


def exists(arn: str) -> bool:
    """Whether there is a function with this ARN."""
    return _policy(arn) is not None


def service_may_invoke(arn: str, service: str, source_arn: str) -> bool:
    """Whether the function's resource policy lets an AWS service of this account call it."""
    found = _policy(arn)
    return bool(found and found[0]) and policy_allows(found[0], service, "lambda:InvokeFunction", arn, source_arn)


def invoke(arn: str, event: Any) -> Outcome:
    """Run a function to its end."""
    with within(account_of(arn), region_of(arn)):
        status, headers, body = invoke_function(arn, event)
    content = _decoded(body)
    failed = status != 200 or any(name.lower() == "x-amz-function-error" for name in headers)
    return Outcome(failed, _error_text(content) if failed else "", content)


def _policy(arn: str) -> Any:
    return ministack.module("services.lambda_svc").function_policy_for_arn(arn)


def _decoded(body: Any) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def _error_text(content: Any) -> str:
    if isinstance(content, dict):
        return str(content.get("errorMessage") or content.get("Message") or content.get("errorType") or "error")
    return str(content or "error")
