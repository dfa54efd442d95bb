"""Amazon SQS: queues and their policies."""

import urllib.parse
from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.values import Document
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values.scalars import Number, Text


def _queue(reply: Any, context: Context) -> dict[str, Any] | None:
    """Show the attributes, and what only the URL tells."""
    attributes = dict(reply.get("Attributes") or {})
    name = urllib.parse.urlparse(context.id).path.rpartition("/")[2]
    attributes.setdefault("KmsDataKeyReusePeriodSeconds", "300")
    return {**attributes, "QueueUrl": context.id, "QueueName": name, "_id": context.id}


def _suffix(inputs: Mapping[str, Any]) -> str:
    return ".fifo" if inputs.get("fifoQueue") is True else ""


def _problems(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    if inputs.get("fifoQueue") is True and not str(inputs.get("name", "")).endswith(".fifo"):
        found.append(("name", "must end with .fifo for a FIFO queue"))
    if inputs.get("contentBasedDeduplication") and not inputs.get("fifoQueue"):
        found.append(("contentBasedDeduplication", "can only be set for a FIFO queue"))
    if inputs.get("kmsMasterKeyId") and inputs.get("sqsManagedSseEnabled"):
        found.append(("sqsManagedSseEnabled", "conflicts with kmsMasterKeyId"))
    return found


def _number(attribute: str, least: int, most: int, default: int) -> Property:
    return Property(attribute=attribute, kind=Number(least=least, most=most), default=default)


_ATTRIBUTES = {
    "visibilityTimeoutSeconds": _number("VisibilityTimeout", 0, 43_200, 30),
    "delaySeconds": _number("DelaySeconds", 0, 900, 0),
    "maxMessageSize": _number("MaximumMessageSize", 1024, 1_048_576, 262_144),
    "messageRetentionSeconds": _number("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    "receiveWaitTimeSeconds": _number("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    "policy": Property(attribute="Policy", kind=Document(policy=True), computed=True),
    "redrivePolicy": Property(attribute="RedrivePolicy", kind=Document(), computed=True),
    "redriveAllowPolicy": Property(attribute="RedriveAllowPolicy", kind=Document(), computed=True),
    "kmsMasterKeyId": Property(attribute="KmsMasterKeyId"),
    "kmsDataKeyReusePeriodSeconds": Property(
        attribute="KmsDataKeyReusePeriodSeconds", kind=Number(least=60, most=86_400), computed=True
    ),
    "sqsManagedSseEnabled": Property(attribute="SqsManagedSseEnabled", computed=True),
    "fifoQueue": Property(attribute="FifoQueue", default=False, replace=True),
    "contentBasedDeduplication": Property(attribute="ContentBasedDeduplication", default=False),
    "deduplicationScope": Property(attribute="DeduplicationScope", kind=Text(("messageGroup", "queue")), computed=True),
    "fifoThroughputLimit": Property(
        attribute="FifoThroughputLimit", kind=Text(("perQueue", "perMessageGroupId")), computed=True
    ),
}

QUEUE = Resource(
    type="aws:sqs/queue:Queue",
    service="sqs",
    special={"name": Property("QueueName", replace=True), **_ATTRIBUTES},
    create=Call("CreateQueue", attributes="Attributes"),
    identity="QueueUrl",
    read=(Call("GetQueueAttributes", {"QueueUrl": "$id", "AttributeNames": lambda _: ["All"]}, reform=_queue),),
    changes=(Call("SetQueueAttributes", {"QueueUrl": "$id"}, attributes="Attributes"),),
    delete=(Call("DeleteQueue", {"QueueUrl": "$id"}),),
    outputs={"arn": "QueueArn", "url": "QueueUrl"},
    tags=Tagging("QueueUrl", "$id", "TagQueue", "UntagQueue", "ListQueueTags", create="tags", mapping=True),
    name=Autoname(most=80, suffix=_suffix),
    verify=_problems,
    refused=frozenset({"namePrefix"}),
)


def _policy(reply: Any, context: Context) -> dict[str, Any] | None:
    policy = (reply.get("Attributes") or {}).get("Policy")
    return {"Policy": policy, "QueueUrl": context.id} if policy else None


_PUT = {"QueueUrl": "$queueUrl", "Attributes": lambda context: {"Policy": context.inputs["policy"]}}
QUEUE_POLICY = Resource(
    type="aws:sqs/queuePolicy:QueuePolicy",
    service="sqs",
    special={"queueUrl": Property(replace=True), "policy": Property("Policy", kind=Document(policy=True))},
    create=Call("SetQueueAttributes", _PUT, answer=()),
    identity="{queueUrl}",
    read=(Call("GetQueueAttributes", {"QueueUrl": "$id", "AttributeNames": lambda _: ["Policy"]}, reform=_policy),),
    changes=(Call("SetQueueAttributes", _PUT, of=("policy",), answer=()),),
    delete=(Call("SetQueueAttributes", {"QueueUrl": "$id", "Attributes": lambda _: {"Policy": ""}}),),
    parts=("queueUrl",),
    lookup="{queueUrl}",
)

RESOURCES = (QUEUE, QUEUE_POLICY)
