"""Cloud Logging: sinks that route entries to log buckets and topics.

Source: Cloud Logging API v2 reference; "Route logs to supported destinations" (who writes where).
"""

import json
import re

from keystead_sandbox.local_gcp.api import filters
from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.logging import log_buckets
from keystead_sandbox.local_gcp.methods.call import Call, checks
from keystead_sandbox.local_gcp.pubsub import messages
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS

SINK = KINDS["logging.sinks"]
LOGGING = "logging.googleapis.com/"
DESTINATION = re.compile(
    r"logging\.googleapis\.com/projects/[^/]+(/locations/[^/]+/buckets/[^/]+)?|pubsub\.googleapis\.com/projects/[^/]+/topics/[^/]+"
    r"|storage\.googleapis\.com/[^/]+|bigquery\.googleapis\.com/projects/[^/]+/datasets/[^/]+"
)


@checks(SINK.key)
def check(call: Call, body: Json, _before: Json) -> None:
    """Refuse an invalid destination or filter; set the writer, which a log bucket of the same project does not need."""
    destination = str(body.get("destination") or "")
    if not DESTINATION.fullmatch(destination):
        raise invalid(
            f"The destination '{destination}' of a sink must be a log bucket, a topic, a bucket or a dataset."
        )
    filters.compiled(str(body.get("filter") or ""))
    body.pop("writerIdentity", None)
    if not call.cloud.canonical(destination.removeprefix(LOGGING)).startswith(f"projects/{call.project}/locations/"):
        writer = call.cloud.services.make_agent(call.project, "logging.googleapis.com")
        body["writerIdentity"] = f"serviceAccount:{writer}"


def route(cloud: Cloud, project: str, entry: Json) -> None:
    """Hand an entry to the sinks of its project."""
    for sink in cloud.store.children(f"projects/{project}/sinks"):
        if sink.kind is not SINK or sink.body.get("disabled"):
            continue
        if filters.compiled(str(sink.body.get("filter") or ""))(entry) and not _excluded(sink.body, entry):
            _send(cloud, sink.body, entry)


def _excluded(sink: Json, entry: Json) -> bool:
    exclusions = [one for one in sink.get("exclusions") or [] if not one.get("disabled")]
    return any(filters.compiled(str(one.get("filter") or ""))(entry) for one in exclusions)


def _send(cloud: Cloud, sink: Json, entry: Json) -> None:
    destination = str(sink["destination"])
    writer = str(sink.get("writerIdentity", "")).removeprefix("serviceAccount:")
    bucket = log_buckets.named(cloud, destination) if "/buckets/" in destination else None
    if bucket is not None and (not writer or cloud.may(writer, "logging.buckets.write", bucket.name)):
        log_buckets.keep(bucket, entry)
    topic = destination.removeprefix("pubsub.googleapis.com/")
    if writer and messages.admits(cloud, writer, topic):
        about = {"logging.googleapis.com/timestamp": entry["timestamp"]}
        messages.publish(cloud, cloud.canonical(topic), json.dumps(entry).encode(), about)
