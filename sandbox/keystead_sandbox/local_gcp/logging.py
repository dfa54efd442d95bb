"""Cloud Logging: entries written and listed, metrics, sinks to log buckets and topics.

Source: Cloud Logging API v2 reference; "Route logs to supported destinations" (who writes where).
"""

import json
import re

from keystead_sandbox.local_gcp import filters, log_buckets, messages, moments, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import Json, invalid
from keystead_sandbox.local_gcp.kinds import KINDS

MOST_A_PAGE = 1000
LOGGING = "logging.googleapis.com/"
DESTINATION = re.compile(
    r"logging\.googleapis\.com/projects/[^/]+(/locations/[^/]+/buckets/[^/]+)?|pubsub\.googleapis\.com/projects/[^/]+/topics/[^/]+"
    r"|storage\.googleapis\.com/[^/]+|bigquery\.googleapis\.com/projects/[^/]+/datasets/[^/]+"
)


@handles("logging.entries.write")
def write(call: Call) -> Json:
    """Keep entries."""
    now = moments.text(call.cloud.clock.now())
    for given in call.body.get("entries") or []:
        entry = {**given, "logName": given.get("logName") or call.body.get("logName") or ""}
        entry.setdefault("resource", call.body.get("resource") or {"type": "global"})
        if call.body.get("labels"):
            entry["labels"] = {**call.body["labels"], **(given.get("labels") or {})}
        name = call.cloud.canonical(entry["logName"])
        project = call.cloud.project_of(name)
        if "/logs/" not in name or project not in call.cloud.settings.projects:
            raise invalid(f"The log name '{entry['logName']}' must be projects/PROJECT/logs/LOG.")
        call.cloud.demand(call.caller, "logging.logEntries.create", f"projects/{project}")
        entry.update(logName=name, receiveTimestamp=now)
        entry.setdefault("timestamp", now)
        call.cloud.logs.write(project, entry)
    return {}


@handles("logging.entries.list")
def listing(call: Call) -> Json:
    """Entries of projects, after a filter."""
    wanted = filters.compiled(str(call.body.get("filter") or ""))
    found = []
    for name in call.body.get("resourceNames") or []:
        project = call.cloud.project_of(call.cloud.canonical(name))
        call.cloud.demand(call.caller, "logging.logEntries.list", f"projects/{project}")
        bucket = log_buckets.named(call.cloud, name) if "/buckets/" in name else None
        among = log_buckets.entries(call.cloud, bucket) if bucket else call.cloud.logs.of(project)
        found += [entry for entry in among if wanted(entry)]
    found.sort(key=lambda entry: str(entry["timestamp"]), reverse="desc" in str(call.body.get("orderBy")))
    size = int(call.body.get("pageSize") or MOST_A_PAGE)
    start = int(call.body.get("pageToken") or 0)
    shown: Json = {"entries": found[start : start + size]} if found[start : start + size] else {}
    if start + size < len(found):
        shown["nextPageToken"] = str(start + size)
    return shown


@handles("logging.logs.list")
def logs(call: Call) -> Json:
    """The names of a project's logs."""
    project = call.cloud.project_of(call.name)
    return {"logNames": sorted({str(entry["logName"]) for entry in call.cloud.logs.of(project)})}


@handles("logging.sinks.create")
def create_sink(call: Call) -> Json:
    """A sink; its writer needs the right to write at its destination, but for a bucket of its own project."""
    _settle(call, call.body)
    sink = resources.create(call)
    sink.body["name"] = sink.id
    return {**sink.body}


def _settle(call: Call, body: Json) -> None:
    destination = str(body.get("destination") or "")
    if not DESTINATION.fullmatch(destination):
        raise invalid(
            f"The destination '{destination}' of a sink must be a log bucket, a topic, a bucket or a dataset."
        )
    filters.compiled(str(body.get("filter") or ""))
    project = call.cloud.project_of(call.name)
    body.pop("writerIdentity", None)
    if call.cloud.canonical(destination.removeprefix(LOGGING)).startswith(f"projects/{project}/locations/"):
        return
    writer = call.cloud.make_identity(project, "logging.googleapis.com")
    body["writerIdentity"] = f"serviceAccount:{writer}"


@handles("logging.metrics.create")
def create_metric(call: Call) -> Json:
    """A metric that counts the entries its filter takes."""
    filters.compiled(str(call.body.get("filter") or ""))
    metric = resources.create(call, {"points": []})
    metric.body["name"] = metric.id
    return {**metric.body}


@handles("logging.sinks.get", "logging.metrics.get")
def get(call: Call) -> Json:
    """A sink or a metric; their API shows the last part of the name only."""
    return {**resources.require(call, resources.kind_of(call), call.name).body}


@handles("logging.sinks.update", "logging.sinks.patch")
def update_sink(call: Call) -> Json:
    """Change a sink."""
    before = resources.require(call, resources.kind_of(call), call.name).body
    _settle(call, {**before, **call.body})
    changed = resources.patch(call, {key: value for key, value in call.body.items() if key != "name"})
    _settle(call, changed.body)
    return {**changed.body}


@handles("logging.metrics.update")
def update_metric(call: Call) -> Json:
    """Put a metric: a new one, or the whole of an old one, which keeps its times and what it has counted."""
    filters.compiled(str(call.body.get("filter") or ""))
    metric = call.cloud.store.find(call.name)
    if metric is None:
        metric = resources.create(call, {"points": []})
    else:
        metric.body = {**call.body, "createTime": metric.body["createTime"]}
        metric.touch(call.cloud.clock.now())
    metric.body["name"] = metric.id
    return {**metric.body}


def route(cloud: Cloud, project: str, entry: Json) -> None:
    """Hand an entry to the sinks and metrics of its project."""
    for metric in cloud.store.children(f"projects/{project}/metrics"):
        if metric.kind is KINDS["logging.metrics"] and filters.compiled(metric.body["filter"])(entry):
            metric.hidden["points"].append((cloud.clock.now(), str((entry.get("resource") or {}).get("type"))))
            del metric.hidden["points"][:-1000]
    for sink in cloud.store.children(f"projects/{project}/sinks"):
        if sink.kind is not KINDS["logging.sinks"] or sink.body.get("disabled"):
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
    topic = cloud.canonical(destination.removeprefix("pubsub.googleapis.com/"))
    if writer and cloud.store.find(topic) and cloud.may(writer, "pubsub.topics.publish", topic):
        about = {"logging.googleapis.com/timestamp": entry["timestamp"]}
        messages.publish(cloud, topic, json.dumps(entry).encode(), about)
