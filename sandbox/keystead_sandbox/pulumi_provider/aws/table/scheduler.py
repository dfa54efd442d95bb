"""Amazon EventBridge Scheduler: schedules and their groups."""

from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.shapes import Hints
from keystead_sandbox.pulumi_provider.naming import Autoname

_ABSENT = frozenset({"ResourceNotFoundException"})
_TARGET = Hints(
    computed=frozenset({"retryPolicy"}),
    renames={
        "EventBridgeParameters": "eventbridgeParameters",
        "SageMakerPipelineParameters": "sagemakerPipelineParameters",
    },
    defaults={"maximumEventAgeInSeconds": 86_400, "maximumRetryAttempts": 185},
)
_PROPERTIES = {
    "description": Property(),
    "scheduleExpression": Property(required=True),
    "scheduleExpressionTimezone": Property(default="UTC"),
    "flexibleTimeWindow": Property(required=True),
    "target": Property(hints=_TARGET, required=True),
    "state": Property(default="ENABLED"),
    "startDate": Property(),
    "endDate": Property(),
    "kmsKeyArn": Property(),
    "actionAfterCompletion": Property(computed=True),
}
_ONE = {"GroupName": "$groupName", "Name": "$name"}

SCHEDULE = Resource(
    type="aws:scheduler/schedule:Schedule",
    service="scheduler",
    properties={
        "name": Property(replace=True),
        "groupName": Property(replace=True, default="default"),
        **_PROPERTIES,
    },
    create=Call("CreateSchedule", answer=()),
    identity="{groupName}/{name}",
    read=(Call("GetSchedule", _ONE, absent=_ABSENT),),
    changes=(Call("UpdateSchedule", of=tuple(_PROPERTIES), answer=()),),
    delete=(Call("DeleteSchedule", _ONE, absent=_ABSENT),),
    outputs={"arn": "Arn"},
    parts=("groupName", "name"),
    separator="/",
    lookup="{groupName}/{name}",
    name=Autoname(most=64),
)

SCHEDULE_GROUP = Resource(
    type="aws:scheduler/scheduleGroup:ScheduleGroup",
    service="scheduler",
    properties={"name": Property(replace=True)},
    create=Call("CreateScheduleGroup", answer=()),
    identity="{name}",
    read=(Call("GetScheduleGroup", {"Name": "$id"}, absent=_ABSENT),),
    delete=(Call("DeleteScheduleGroup", {"Name": "$id"}, absent=_ABSENT),),
    outputs={
        "arn": "Arn",
        "state": "State",
        "creationDate": "CreationDate",
        "lastModificationDate": "LastModificationDate",
    },
    parts=("name",),
    lookup="{name}",
    tags=Tagging("ResourceArn", "$arn", listing="ListTagsForResource"),
    name=Autoname(most=64),
)

RESOURCES = (SCHEDULE, SCHEDULE_GROUP)
