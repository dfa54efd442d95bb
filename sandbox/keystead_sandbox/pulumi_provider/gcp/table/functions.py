"""Cloud Functions of the second generation.

Read in magic-modules: products/cloudfunctions2/Function.yaml, constants and custom_flatten of cloudfunctions2_function:
bucket, object and generation of the source are shown as they were declared, whatever the service made of them. So a
function is deployed anew when one of them is declared differently.
"""

from typing import Any

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Labels, Property, part
from keystead_sandbox.pulumi_provider.gcp.values import Exactly
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import FILLED, MADE, UNSERVED, Nested

_PATH = "projects/{project}/locations/{location}/functions"


def _named(context: Context, body: Json) -> Json:
    return {"name": context.fill(context.schema.id), **body}


def _declared_source(context: Context, record: Json) -> Json:
    held = _source(record)
    known = _source(context.inputs) or _source(context.state)
    for name in ("bucket", "object", "generation"):
        if held and known and known.get(name) is not None:
            held[name] = known[name]
    return record


def _source(values: Any) -> Json:
    for step in ("buildConfig", "source", "storageSource"):
        values = values.get(step) if hasattr(values, "get") else None
    return values if isinstance(values, dict) else {}


_BUILD = {
    **dict.fromkeys(("environmentVariables", "dockerRepository", "serviceAccount"), FILLED),
    **dict.fromkeys(("build", "onDeployUpdatePolicy.runtimeVersion"), MADE),
    "source.storageSource.generation": FILLED,
    "source.repoSource": UNSERVED,
    "automaticUpdatePolicy": Nested(computed=True, present=True),
    "onDeployUpdatePolicy": Nested(present=True),
}
_SERVICE = {
    **dict.fromkeys(("timeoutSeconds", "availableMemory", "availableCpu", "maxInstanceRequestConcurrency"), FILLED),
    **dict.fromkeys(("environmentVariables", "maxInstanceCount", "serviceAccountEmail", "directVpcEgress"), FILLED),
    **dict.fromkeys(("service", "uri"), MADE),
    "ingressSettings": Nested(default="ALLOW_ALL"),
    "allTrafficOnLatestRevision": Nested(default=True, keep=True),
    "directVpcNetworkInterfaces": Nested("directVpcNetworkInterface"),
    "secretVolumes.versions": FILLED,
}
_TRIGGER = {
    **dict.fromkeys(("triggerRegion", "serviceAccountEmail"), FILLED),
    "trigger": MADE,
    "pubsubTopic": Nested(computed=True, kind=Exactly()),
    "eventFilters": Nested(unordered=True),
}
FUNCTION = Resource(
    type="gcp:cloudfunctionsv2/function:Function",
    api="cloudfunctions.v2",
    schema="Function",
    special={
        "name": part(),
        "location": part(),
        "buildConfig": Property(nested=_BUILD),
        "serviceConfig": Property(nested=_SERVICE, computed=True),
        "eventTrigger": Property(nested=_TRIGGER),
    },
    operations=Rest(_PATH, query={"functionId": "{name}"}, finish=_named, slow=True),
    id=f"{_PATH}/{{name}}",
    imports=("{project}/{location}/{name}", "{location}/{name}"),
    outputs={name: name for name in ("environment", "state", "updateTime", "url")},
    volatile=dict.fromkeys(("state", "updateTime"), ()),
    labels=(Labels(),),
    name=Autoname(most=63, lower=True),
    decode=_declared_source,
    again=("buildConfig",),
)

RESOURCES = (FUNCTION,)
