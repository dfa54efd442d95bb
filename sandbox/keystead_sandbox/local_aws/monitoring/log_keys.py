"""Keys of log groups: the key must exist and its policy must admit the logs service, as AWS checks.

Source: CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"; the service uses the key with
the encryption context aws:logs:arn = the log group's ARN.
"""

from typing import Any

from keystead_sandbox.local_aws.identity.service_roles import policy_allows
from keystead_sandbox.local_aws.kms import records
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer, not_found
from keystead_sandbox.local_aws.protocol.in_process import here
from keystead_sandbox.local_aws.protocol.operations import answer_operations, check_operations

ACTIONS = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")


def install() -> None:
    """Check keys in CreateLogGroup, and answer AssociateKmsKey and DisassociateKmsKey."""
    answer_operations("logs", {"AssociateKmsKey": associate, "DisassociateKmsKey": disassociate})
    check_operations("logs", {"CreateLogGroup": _check})


def associate(data: dict[str, Any]) -> Response:
    """The operation AssociateKmsKey."""
    group = _group(data)
    _admitted(data["kmsKeyId"], data["logGroupName"])
    group["kmsKeyId"] = data["kmsKeyId"]
    return answer({})


def disassociate(data: dict[str, Any]) -> Response:
    """The operation DisassociateKmsKey."""
    _group(data)["kmsKeyId"] = None
    return answer({})


def _group(data: dict[str, Any]) -> Any:
    groups = ministack.get("services.cloudwatch_logs", "_log_groups")
    name = data.get("logGroupName")
    if name not in groups:
        raise not_found("The specified log group does not exist.")
    return groups[name]


def _check(data: dict[str, Any]) -> None:
    if data.get("kmsKeyId"):
        _admitted(data["kmsKeyId"], data.get("logGroupName") or "")


def _admitted(key_id: str, group: str) -> None:
    account, region = here()
    arn = f"arn:aws:logs:{region}:{account}:log-group:{group}"
    key = records.find(key_id)
    context = {"kms:encryptioncontext:aws:logs:arn": arn, "kms:encryptioncontextkeys": "aws:logs:arn"}
    service = f"logs.{region}.amazonaws.com"
    if key is None or not all(
        policy_allows(key["Policy"], service, action, key["Arn"], arn, context) for action in ACTIONS
    ):
        message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        raise AwsError("InvalidParameterException", message)
