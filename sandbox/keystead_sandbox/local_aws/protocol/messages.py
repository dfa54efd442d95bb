"""Messages AWS services put into queues and topics of the account."""

import json
from typing import Any

from keystead_sandbox.local_aws.patches import ministack


def send(queue_arn: str, body: str, attributes: dict[str, str]) -> str:
    """Put a message into an SQS queue; an error text when there is no such queue."""
    sqs = ministack.module("services.sqs")
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        return f"no queue {queue_arn}"
    content = {
        "QueueUrl": queue["url"],
        "MessageBody": body,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
    }
    headers = {"x-amz-target": "AmazonSQS.SendMessage", "content-type": "application/x-amz-json-1.0"}
    status, _, answer = ministack.module("app").call_service_handler_sync(
        sqs.handle_request, "POST", "/", headers, json.dumps(content).encode(), {}
    )
    return "" if status == 200 else f"{queue_arn} refused the message: {_text(answer)}"


def publish(topic_arn: str, message: str, subject: str) -> str:
    """Publish to an SNS topic; an error text when there is no such topic."""
    published = ministack.module("services.sns").publish_internal(topic_arn, message, subject)
    return "" if published is not None else f"no topic {topic_arn}"


def _text(answer: Any) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
