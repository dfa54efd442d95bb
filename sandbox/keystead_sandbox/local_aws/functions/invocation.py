"""Calling Lambda functions for another service: its permission is checked, and the function's metrics are kept."""

import json
import time
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.local_aws.identity.service_roles import policy_allows
from keystead_sandbox.local_aws.patches import ministack


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function answered, or the type and text of its error."""

    failed: bool
    error: str
    body: Any
    raw: dict[str, Any]


def find(arn: str) -> Any:
    """The function record an ARN names, ready to execute; None when there is none."""
    lambdas = ministack.module("services.lambda_svc")
    record, configuration, _name = lambdas._get_func_record_for_ref(arn)
    if not record or not configuration:
        return None
    return lambdas._execution_record_for_config(record, configuration)


def service_may_invoke(arn: str, service: str, source_arn: str) -> bool:
    """Whether the function's resource policy lets an AWS service of this account call it."""
    found = ministack.module("services.lambda_svc").function_policy_for_arn(arn)
    return bool(found and found[0]) and policy_allows(found[0], service, "lambda:InvokeFunction", arn, source_arn)


def execute(record: Any, event: Any) -> Outcome:
    """Run a function to its end, in this thread."""
    lambdas = ministack.module("services.lambda_svc")
    started = time.monotonic()
    result = lambdas._execute_function_with_config_scope(record, event)
    failed = bool(result.get("error"))
    name = record["config"]["FunctionName"]
    milliseconds = (time.monotonic() - started) * 1000
    lambdas._run_with_function_config_scope(record, lambdas._emit_lambda_metrics, name, milliseconds, failed, False)
    return Outcome(failed, _error_text(result) if failed else "", result.get("body"), result)


def _error_text(result: dict[str, Any]) -> str:
    body = result.get("body")
    if isinstance(body, bytes | str):
        try:
            body = json.loads(body)
        except ValueError:
            return str(body)
    if isinstance(body, dict):
        return str(body.get("errorMessage") or body.get("errorType") or "error")
    return "error"
