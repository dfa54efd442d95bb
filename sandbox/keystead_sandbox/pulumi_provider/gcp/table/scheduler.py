"""Cloud Scheduler: jobs.

Read in magic-modules: products/cloudscheduler/Job.yaml, encoders, post_create and post_update of cloud_scheduler. The
official provider resumes every new job, though it is enabled already; this one does not.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import DELETION, PROJECT, Json, Property, Resource, part
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, computed, plain, required
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.plugin import Failure
from keystead_sandbox.pulumi_provider.values import Flag, Text

_PATH = "projects/{project}/locations/{region}/jobs"


@dataclass(frozen=True)
class Paused(Flag):
    """Whether a job is paused, which its state says."""

    def decode(self, value: Any) -> Any:
        """Read the state."""
        return None if value is None else value == "PAUSED"


def _named(context: Context, body: Json) -> Json:
    return {"name": context.fill(context.resource.id), **body}


def _pause(context: Context) -> None:
    if context.inputs.get("paused"):
        context.call("POST", f"{context.id}:pause", {})


def _switch(context: Context, changed: Collection[str]) -> None:
    if "paused" in changed:
        context.call("POST", f"{context.id}:{'pause' if context.inputs.get('paused') else 'resume'}", {})


def _own_headers(_: Context, record: Json) -> Json:
    """Headers that the service adds by itself are not ours."""
    target = record.get("httpTarget") or {}
    headers = {name: value for name, value in (target.get("headers") or {}).items() if name != "User-Agent"}
    return {**record, "httpTarget": {**target, "headers": headers}} if target else record


def _problems(inputs: Mapping[str, Any]) -> list[Failure]:
    given = [name for name in ("httpTarget", "pubsubTarget") if inputs.get(name)]
    return [] if len(given) == 1 else [("httpTarget", "exactly one of httpTarget and pubsubTarget must be given")]


_HTTP = Nested(
    fields={
        **required("uri"),
        **plain("body", "headers"),
        "httpMethod": Nested(default="POST"),
        "oauthToken": Nested(fields={**required("serviceAccountEmail"), **computed("scope")}),
        "oidcToken": Nested(fields={**required("serviceAccountEmail"), **computed("audience")}),
    }
)
_RETRY = ("retryCount", "maxRetryDuration", "minBackoffDuration", "maxBackoffDuration", "maxDoublings")
JOB = Resource(
    type="gcp:cloudscheduler/job:Job",
    api="cloudscheduler.v1",
    schema="Job",
    properties={
        "name": part(),
        "region": Property(kind=Text(least=1), local=True, replace=True, computed=True, fallback=True),
        "project": PROJECT,
        "description": Property(),
        "schedule": Property(),
        "timeZone": Property(default="Etc/UTC"),
        "paused": Property("state", kind=Paused(), computed=True, unsent=True),
        "attemptDeadline": Property(default="180s"),
        "retryConfig": Property(hints=Nested(fields=computed(*_RETRY)), computed=True),
        "httpTarget": Property(hints=_HTTP),
        "pubsubTarget": Property(hints=Nested(fields={**required("topicName"), **plain("data", "attributes")})),
        "deletionPolicy": DELETION,
    },
    operations=Rest(_PATH, after_create=_pause, after_update=_switch),
    id=f"{_PATH}/{{name}}",
    imports=("{project}/{region}/{name}", "{region}/{name}", "{name}"),
    outputs={"state": "state"},
    name=Autoname(most=500),
    verify=_problems,
    encode=_named,
    decode=_own_headers,
    refused=frozenset({"appEngineHttpTarget"}),
)

RESOURCES = (JOB,)
