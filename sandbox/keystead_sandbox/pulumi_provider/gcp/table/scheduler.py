"""Cloud Scheduler: jobs.

Read in magic-modules: products/cloudscheduler/Job.yaml, encoders, post_create and post_update of cloud_scheduler. The
official provider resumes every new job, though it is enabled already; this one does not.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import PLACE, Json, Property, part
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import FILLED, Failure, Nested
from keystead_sandbox.pulumi_provider.values.scalars import Flag

_PATH = "projects/{project}/locations/{region}/jobs"


@dataclass(frozen=True)
class Paused(Flag):
    """Whether a job is paused, which its state says."""

    def decode(self, value: Any) -> Any:
        """Read the state."""
        return None if value is None else value == "PAUSED"


def _named(context: Context, body: Json) -> Json:
    return {"name": context.fill(context.schema.id), **body}


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


_RETRY = ("retryCount", "maxRetryDuration", "minBackoffDuration", "maxBackoffDuration", "maxDoublings")
_HTTP = {"httpMethod": Nested(default="POST"), "oauthToken.scope": FILLED, "oidcToken.audience": FILLED}
JOB = Resource(
    type="gcp:cloudscheduler/job:Job",
    api="cloudscheduler.v1",
    schema="Job",
    special={
        "name": part(),
        "region": PLACE,
        "timeZone": Property(default="Etc/UTC"),
        "paused": Property("state", kind=Paused(), computed=True, unsent=True),
        "attemptDeadline": Property(default="180s"),
        "retryConfig": Property(nested=dict.fromkeys(_RETRY, FILLED), computed=True),
        "httpTarget": Property(nested=_HTTP),
    },
    operations=Rest(_PATH, finish=_named, after_create=_pause, after_update=_switch),
    id=f"{_PATH}/{{name}}",
    imports=("{project}/{region}/{name}", "{region}/{name}", "{name}"),
    outputs={"state": "state"},
    name=Autoname(most=500),
    verify=_problems,
    decode=_own_headers,
    refused=frozenset({"appEngineHttpTarget"}),
)

RESOURCES = (JOB,)
