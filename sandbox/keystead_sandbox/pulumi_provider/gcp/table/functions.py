"""Cloud Functions of the second generation.

Read in magic-modules: products/cloudfunctions2/Function.yaml, constants and custom_flatten of cloudfunctions2_function:
bucket, object and generation of the source are shown as they were declared, whatever the service made of them. So a
function is deployed anew when one of them is declared differently.
"""

from typing import Any

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import DELETION, PROJECT, Json, Labels, Property, Resource, part
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, computed, made, plain, required
from keystead_sandbox.pulumi_provider.gcp.values import Exactly
from keystead_sandbox.pulumi_provider.naming import Autoname

_PATH = "projects/{project}/locations/{location}/functions"


def _named(context: Context, body: Json) -> Json:
    return {"name": context.fill(context.resource.id), **body}


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


_BUILD = Nested(
    fields={
        **plain("runtime", "entryPoint", "workerPool"),
        **computed("environmentVariables", "dockerRepository", "serviceAccount"),
        **made("build"),
        "source": Nested(
            fields={
                "storageSource": Nested(fields={**plain("bucket", "object"), **computed("generation")}),
            }
        ),
        "automaticUpdatePolicy": Nested(computed=True, present=True),
        "onDeployUpdatePolicy": Nested(present=True, fields=made("runtimeVersion")),
    }
)
_SECRET = required("projectId", "secret")
_SERVICE = Nested(
    fields={
        **computed("timeoutSeconds", "availableMemory", "availableCpu", "maxInstanceRequestConcurrency"),
        **computed("environmentVariables", "maxInstanceCount", "serviceAccountEmail", "directVpcEgress"),
        **plain("minInstanceCount", "vpcConnector", "vpcConnectorEgressSettings", "binaryAuthorizationPolicy"),
        **made("service", "uri"),
        "ingressSettings": Nested(default="ALLOW_ALL"),
        "allTrafficOnLatestRevision": Nested(default=True, keep=True),
        "directVpcNetworkInterfaces": Nested(
            "directVpcNetworkInterface", fields=plain("network", "subnetwork", "tags")
        ),
        "secretEnvironmentVariables": Nested(fields={**required("key", "version"), **_SECRET}),
        "secretVolumes": Nested(
            fields={
                **required("mountPath"),
                **_SECRET,
                "versions": Nested(fields=required("version", "path"), computed=True),
            }
        ),
    }
)
_TRIGGER = Nested(
    fields={
        **made("trigger"),
        **computed("triggerRegion", "serviceAccountEmail"),
        **required("eventType"),
        "pubsubTopic": Nested(computed=True, kind=Exactly()),
        "retryPolicy": Nested(),
        "eventFilters": Nested(fields={**required("attribute", "value"), **plain("operator")}, unordered=True),
    }
)
FUNCTION = Resource(
    type="gcp:cloudfunctionsv2/function:Function",
    api="cloudfunctions.v2",
    schema="Function",
    properties={
        "name": part(),
        "location": part(),
        "project": PROJECT,
        "description": Property(),
        "buildConfig": Property(hints=_BUILD),
        "serviceConfig": Property(hints=_SERVICE, computed=True),
        "eventTrigger": Property(hints=_TRIGGER),
        "kmsKeyName": Property(),
        "deletionPolicy": DELETION,
    },
    operations=Rest(_PATH, query={"functionId": "{name}"}, slow=True),
    id=f"{_PATH}/{{name}}",
    imports=("{project}/{location}/{name}", "{location}/{name}"),
    outputs={name: name for name in ("environment", "state", "updateTime", "url")},
    volatile=("state", "updateTime"),
    labels=(Labels(),),
    name=Autoname(most=63, lower=True),
    encode=_named,
    decode=_declared_source,
    again=("buildConfig",),
)

RESOURCES = (FUNCTION,)
