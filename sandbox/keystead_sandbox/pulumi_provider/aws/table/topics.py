"""Amazon SNS: topics, their policies and subscriptions."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.values import Document
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values.scalars import Number, Text


def _attributes(reply: Any, _: Context) -> dict[str, Any] | None:
    """Show the attributes; a topic's name is the end of its ARN."""
    attributes = dict(reply.get("Attributes") or {})
    if "TopicArn" in attributes:
        attributes["Name"] = attributes["TopicArn"].rpartition(":")[2]
    return attributes


def _suffix(inputs: Mapping[str, Any]) -> str:
    return ".fifo" if inputs.get("fifoTopic") is True else ""


_TOPIC_ATTRIBUTES = {
    "displayName": Property(attribute="DisplayName"),
    "policy": Property(attribute="Policy", kind=Document(policy=True), computed=True),
    "deliveryPolicy": Property(attribute="DeliveryPolicy", kind=Document()),
    "kmsMasterKeyId": Property(attribute="KmsMasterKeyId"),
    "signatureVersion": Property(attribute="SignatureVersion", kind=Number(least=1, most=2), computed=True),
    "tracingConfig": Property(attribute="TracingConfig", kind=Text(("Active", "PassThrough")), computed=True),
    "fifoTopic": Property(attribute="FifoTopic", default=False, replace=True),
    "contentBasedDeduplication": Property(attribute="ContentBasedDeduplication", default=False),
}
TOPIC = Resource(
    type="aws:sns/topic:Topic",
    service="sns",
    special={"name": Property(replace=True), **_TOPIC_ATTRIBUTES},
    create=Call("CreateTopic", attributes="Attributes"),
    identity="TopicArn",
    read=(Call("GetTopicAttributes", {"TopicArn": "$id"}, reform=_attributes),),
    changes=(Call("SetTopicAttributes", {"TopicArn": "$id"}, attributes="Attributes", each=True),),
    delete=(Call("DeleteTopic", {"TopicArn": "$id"}),),
    outputs={"arn": "TopicArn", "owner": "Owner"},
    tags=Tagging("ResourceArn", "$id", listing="ListTagsForResource"),
    name=Autoname(most=256, suffix=_suffix),
    refused=frozenset(
        f"{protocol}{way}"
        for protocol in ("application", "firehose", "http", "lambda", "sqs")
        for way in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
    )
    | {"archivePolicy", "fifoThroughputScope", "maximumMessageSize", "namePrefix"},
)


_SET = {"TopicArn": "$arn", "AttributeName": "Policy", "AttributeValue": "$policy"}


def _default_policy(context: Context) -> str:
    """Return the policy AWS gives a new topic: what deleting a topic's policy goes back to."""
    owner = context.id.split(":")[4]
    actions = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic")
    allowed = ",".join(f'"SNS:{name}"' for name in (*actions, "Subscribe", "ListSubscriptionsByTopic", "Publish"))
    return (
        '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID",'
        f'"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":[{allowed}],"Resource":"{context.id}",'
        f'"Condition":{{"StringEquals":{{"AWS:SourceOwner":"{owner}"}}}}}}]}}'
    )


TOPIC_POLICY = Resource(
    type="aws:sns/topicPolicy:TopicPolicy",
    service="sns",
    special={"arn": Property("TopicArn", replace=True), "policy": Property("Policy", kind=Document(policy=True))},
    create=Call("SetTopicAttributes", _SET, answer=()),
    identity="{arn}",
    read=(Call("GetTopicAttributes", {"TopicArn": "$id"}, reform=_attributes),),
    changes=(Call("SetTopicAttributes", _SET, of=("policy",), answer=()),),
    delete=(
        Call("SetTopicAttributes", {"TopicArn": "$id", "AttributeName": "Policy", "AttributeValue": _default_policy}),
    ),
    outputs={"owner": "Owner"},
    parts=("arn",),
    lookup="{arn}",
)


def _subscription(reply: Any, context: Context) -> dict[str, Any] | None:
    """Show booleans as such; endpoints keep the declared spelling where AWS returns the same."""
    attributes = dict(reply.get("Attributes") or {})
    for name in ("PendingConfirmation", "ConfirmationWasAuthenticated"):
        attributes[name] = str(attributes.get(name, "false")).lower() == "true"
    attributes.setdefault("SubscriptionArn", context.id)
    return attributes


_SUBSCRIPTION_ATTRIBUTES = {
    "filterPolicy": Property(attribute="FilterPolicy", kind=Document()),
    "filterPolicyScope": Property(
        attribute="FilterPolicyScope", kind=Text(("MessageAttributes", "MessageBody")), computed=True
    ),
    "deliveryPolicy": Property(attribute="DeliveryPolicy", kind=Document()),
    "redrivePolicy": Property(attribute="RedrivePolicy", kind=Document()),
    "rawMessageDelivery": Property(attribute="RawMessageDelivery", default=False),
    "subscriptionRoleArn": Property(attribute="SubscriptionRoleArn"),
}
TOPIC_SUBSCRIPTION = Resource(
    type="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    special={
        "topic": Property("TopicArn", replace=True),
        "protocol": Property(
            kind=Text(("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")),
            replace=True,
        ),
        "endpoint": Property(replace=True),
        "endpointAutoConfirms": Property(default=False, carried=True),
        "confirmationTimeoutInMinutes": Property(default=1, carried=True),
        **_SUBSCRIPTION_ATTRIBUTES,
    },
    create=Call("Subscribe", {"ReturnSubscriptionArn": True}, attributes="Attributes"),
    identity="SubscriptionArn",
    read=(Call("GetSubscriptionAttributes", {"SubscriptionArn": "$id"}, reform=_subscription),),
    changes=(Call("SetSubscriptionAttributes", {"SubscriptionArn": "$id"}, attributes="Attributes", each=True),),
    delete=(Call("Unsubscribe", {"SubscriptionArn": "$id"}, absent=frozenset({"InvalidParameter"})),),
    outputs={
        "arn": "SubscriptionArn",
        "ownerId": "Owner",
        "pendingConfirmation": "PendingConfirmation",
        "confirmationWasAuthenticated": "ConfirmationWasAuthenticated",
    },
    refused=frozenset({"replayPolicy"}),
)

RESOURCES = (TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION)
