"""CloudTrail records of every call: who called from where, without values, and with what was refused.

Sources: CloudTrail user guide, "CloudTrail record contents" (userIdentity, sourceIPAddress, vpcEndpointId, errorCode);
API reference, LookupEvents. Trails themselves are ministack's.
"""

import json
import uuid
from collections import deque
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.identity import callers, requests
from keystead_sandbox.local_aws.identity.roles import role_of
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import Response, answer
from keystead_sandbox.local_aws.protocol.operations import Wire, answer_operations
from keystead_sandbox.local_aws.protocol.times import iso

Event = dict[str, Any]

MOST_EVENTS, LARGEST_PAGE = 10_000, 50
VALUES = frozenset(
    {
        "ciphertextblob",
        "mac",
        "message",
        "password",
        "plaintext",
        "rotationtoken",
        "secretbinary",
        "secretstring",
        "tokencode",
        "webidentitytoken",
    }
)
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
READING = ("Describe", "Get", "Head", "List", "Lookup")
RESOURCES = {
    "dynamodb": ("TableName", "AWS::DynamoDB::Table"),
    "kms": ("KeyId", "AWS::KMS::Key"),
    "lambda": ("FunctionName", "AWS::Lambda::Function"),
    "secretsmanager": ("SecretId", "AWS::SecretsManager::Secret"),
    "sns": ("TopicArn", "AWS::SNS::Topic"),
    "sqs": ("QueueUrl", "AWS::SQS::Queue"),
}


class Trail:
    """What has been called, newest last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: deque[Event] = deque(maxlen=MOST_EVENTS)

    def install(self) -> None:
        """Answer LookupEvents."""
        answer_operations("cloudtrail", {"LookupEvents": self.lookup})

    def record(self, wire: Wire, response: Response) -> None:
        """Record a call to a service with its outcome; calls to CloudTrail itself are not recorded."""
        service = ministack.module("core.router").detect_service(wire.method, wire.path, wire.headers, wire.parameters)
        if service == "cloudtrail" or wire.path.startswith("/_"):
            return
        status, headers, body = response
        who = _identity()
        name = wire.operation or _rest_operation(service, wire)
        read_only = wire.method in {"GET", "HEAD"} or name.startswith(READING)
        content = {
            "eventVersion": "1.08",
            "userIdentity": who,
            "eventTime": iso(self._clock.now()),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": ministack.module("core.router").extract_region(wire.headers),
            **_origin(),
            "userAgent": wire.headers.get("user-agent", ""),
            "requestParameters": {
                one: HIDDEN if one.lower() in VALUES else value for one, value in wire.fields.items()
            },
            "responseElements": None,
            "requestID": headers.get("x-amzn-requestid", ""),
            "eventID": str(uuid.uuid4()),
            "eventType": "AwsApiCall",
            "readOnly": read_only,
            "recipientAccountId": who["accountId"],
            **(_error(body) if status >= 400 else {}),
        }
        self._events.append(
            {
                "EventId": content["eventID"],
                "EventName": name,
                "EventSource": content["eventSource"],
                "EventTime": self._clock.now(),
                "Username": who.get("userName") or who["arn"].rpartition("/")[2],
                "AccessKeyId": who["accessKeyId"],
                "ReadOnly": str(read_only).lower(),
                "Resources": _resources(service, wire),
                "CloudTrailEvent": json.dumps(content),
            }
        )

    def lookup(self, fields: dict[str, Any]) -> Response:
        """The operation LookupEvents, newest first."""
        asked = {one["AttributeKey"]: one["AttributeValue"] for one in fields.get("LookupAttributes") or []}
        start, end = float(fields.get("StartTime") or 0), float(fields.get("EndTime") or self._clock.now())
        found = [
            event
            for event in reversed(self._events)
            if start <= event["EventTime"] <= end and all(_has(event, key, value) for key, value in asked.items())
        ]
        return answer({"Events": found[: min(int(fields.get("MaxResults") or LARGEST_PAGE), LARGEST_PAGE)]})


def _has(event: Event, key: str, value: str) -> bool:
    if key in {"ResourceName", "ResourceType"}:
        return any(resource[key] == value for resource in event["Resources"])
    return bool(event.get(key) == value)


def _origin() -> dict[str, Any]:
    caller = callers.current()
    if caller is None:
        return {}
    endpoint = {"vpcEndpointId": caller.vpce} if caller.vpce else {}
    return {"sourceIPAddress": caller.address, **endpoint}


def _identity() -> dict[str, Any]:
    request, principal = requests.current(), requests.principal()
    access_key = request.access_key if request else ""
    if principal is None:
        account = ministack.module("core.responses").get_account_id()
        return {"type": "Unknown", "arn": "", "accountId": account, "accessKeyId": access_key}
    who = {"arn": principal.arn, "accountId": principal.account, "accessKeyId": access_key}
    who["principalId"] = str(principal.keys.get("aws:userid", ""))
    if principal.type != "AssumedRole":
        return {"type": "IAMUser", "userName": principal.arn.rpartition("/")[2], **who}
    role = role_of(principal.arn)
    issuer = {"type": "Role", "arn": role, "accountId": principal.account, "userName": role.rpartition("/")[2]}
    return {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}, **who}


def _rest_operation(service: str, wire: Wire) -> str:
    actions = ministack.module("core.iam_actions")
    action = actions.extract_iam_action(service, wire.method, wire.path, wire.headers, wire.body, wire.parameters)
    name = str(action or f"{wire.method}.{service}").rpartition(":")[2]
    return "Invoke" if name == "InvokeFunction" else name


def _resources(service: str, wire: Wire) -> list[dict[str, str]]:
    field, kind = RESOURCES.get(service, ("", ""))
    name = str(wire.fields.get(field) or "")
    if service == "lambda" and not name:
        name = wire.path.partition("/functions/")[2].partition("/")[0]
    return (
        [{"ResourceName": name.rpartition("/")[2] if service == "sqs" else name, "ResourceType": kind}] if name else []
    )


def _without_values(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if name.lower() in VALUES else value for name, value in fields.items()}


def _error(body: bytes) -> dict[str, str]:
    try:
        content = json.loads(body)
    except ValueError:
        return {"errorCode": "AccessDenied", "errorMessage": ""}
    code = str(content.get("__type") or "AccessDenied").rpartition("#")[2]
    return {"errorCode": code, "errorMessage": str(content.get("message") or content.get("Message") or "")}
