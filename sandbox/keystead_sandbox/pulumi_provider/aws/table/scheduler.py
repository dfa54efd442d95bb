"""Amazon EventBridge Scheduler: schedules and their groups."""

from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import FILLED, Nested

_TARGET = {
    "retryPolicy": FILLED,
    "retryPolicy.maximumEventAgeInSeconds": Nested(default=86_400),
    "retryPolicy.maximumRetryAttempts": Nested(default=185),
    "ecsParameters.capacityProviderStrategies": Nested("CapacityProviderStrategy"),
    "ecsParameters.placementStrategies": Nested("PlacementStrategy"),
    "sagemakerPipelineParameters.pipelineParameters": Nested("PipelineParameterList"),
}
_ONE = {"GroupName": "$groupName", "Name": "$name"}

SCHEDULE = Resource(
    type="aws:scheduler/schedule:Schedule",
    service="scheduler",
    special={
        "name": Property(replace=True),
        "groupName": Property(replace=True, default="default"),
        "scheduleExpressionTimezone": Property(default="UTC"),
        "target": Property(nested=_TARGET),
        "state": Property(default="ENABLED"),
        "actionAfterCompletion": Property(computed=True),
    },
    create=Call("CreateSchedule", answer=()),
    identity="{groupName}/{name}",
    read=(Call("GetSchedule", _ONE),),
    changes=(Call("UpdateSchedule", answer=()),),
    delete=(Call("DeleteSchedule", _ONE),),
    outputs={"arn": "Arn"},
    parts=("groupName", "name"),
    separator="/",
    lookup="{groupName}/{name}",
    name=Autoname(most=64),
    refused=frozenset({"namePrefix"}),
)

SCHEDULE_GROUP = Resource(
    type="aws:scheduler/scheduleGroup:ScheduleGroup",
    service="scheduler",
    special={"name": Property(replace=True)},
    create=Call("CreateScheduleGroup", answer=()),
    identity="{name}",
    read=(Call("GetScheduleGroup", {"Name": "$id"}),),
    delete=(Call("DeleteScheduleGroup", {"Name": "$id"}),),
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
    refused=frozenset({"namePrefix"}),
)

RESOURCES = (SCHEDULE, SCHEDULE_GROUP)
