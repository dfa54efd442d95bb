"""Messages AWS services put into queues and topics of the account."""

import json
import re
import uuid
from xml.sax.saxutils import unescape

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.in_process import account_of, query, region_of, result, within

_ENTRY = re.compile("<key>([^<]*)</key><value>([^<]*)</value>")


def send(queue_arn: str, body: str, attributes: dict[str, str]) -> str:
    """Put a message into an SQS queue; an error text when there is no such queue or its policy denies it."""
    account = account_of(queue_arn)
    owner = {"QueueName": queue_arn.rpartition(":")[2], "QueueOwnerAWSAccountId": account}
    message = {
        "MessageBody": body,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
    }
    try:
        with within(account, region_of(queue_arn)):
            url = result("sqs", "GetQueueUrl", owner)["QueueUrl"]
            result("sqs", "SendMessage", {"QueueUrl": url, **message})
    except AwsError as error:
        return f"{queue_arn} refused the message: {error.message or error.code}"
    return ""


def publish(topic_arn: str, message: str, subject: str) -> str:
    """Publish to an SNS topic; an error text when there is no such topic."""
    published = ministack.module("services.sns").publish_internal(topic_arn, message, subject)
    return "" if published is not None else f"no topic {topic_arn}"


def topic_attributes(topic_arn: str) -> dict[str, str]:
    """The attributes of an SNS topic; none where there is no such topic."""
    status, _, body = query("sns", "GetTopicAttributes", {"TopicArn": topic_arn})
    entries = _ENTRY.findall(body.decode()) if status == 200 else []
    return {name: unescape(value, {"&quot;": '"'}) for name, value in entries}


def event(source: str, kind: str, detail: dict[str, str], resource: str, time: str) -> None:
    """Put an event of an AWS service on the default event bus."""
    ministack.get("services.eventbridge", "_dispatch_event")(
        {
            "EventId": str(uuid.uuid4()),
            "Source": source,
            "DetailType": kind,
            "Detail": json.dumps(detail),
            "EventBusName": "default",
            "Time": time,
            "Resources": [resource],
            "Account": account_of(resource),
            "Region": region_of(resource),
        }
    )
