"""Cloud Logging: entries written and listed, sinks to Pub/Sub. Source: Cloud Logging API v2 reference."""

import json

from sandbox.gcp import filters, messages, moments, resources
from sandbox.gcp.call import Call, handles
from sandbox.gcp.cloud import Cloud
from sandbox.gcp.errors import Json, invalid
from sandbox.gcp.kinds import KINDS

MOST_A_PAGE = 1000


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
    wanted = filters.compiled(str(call.body.get("filter") or "").replace("\n", " AND "))
    found = []
    for name in call.body.get("resourceNames") or []:
        project = call.cloud.project_of(call.cloud.canonical(name))
        call.cloud.demand(call.caller, "logging.logEntries.list", f"projects/{project}")
        found += [entry for entry in call.cloud.logs.of(project) if wanted(entry)]
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
    """A sink; its writer needs the right to publish at its destination."""
    project = call.cloud.project_of(call.name)
    writer = call.cloud.make_identity(project, "logging.googleapis.com")
    call.body["writerIdentity"] = f"serviceAccount:{writer}"
    filters.compiled(str(call.body.get("filter") or ""))
    sink = resources.create(call)
    sink.body["name"] = sink.id
    return {**sink.body}


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


@handles("logging.sinks.update", "logging.sinks.patch", "logging.metrics.update")
def update(call: Call) -> Json:
    """Change a sink or a metric."""
    filters.compiled(str(call.body.get("filter") or ""))
    changed = resources.patch(call, {key: value for key, value in call.body.items() if key != "name"})
    return {**changed.body}


def route(cloud: Cloud, project: str, entry: Json) -> None:
    """Hand an entry to the sinks and metrics of its project."""
    for metric in cloud.store.children(f"projects/{project}/metrics"):
        if metric.kind is KINDS["logging.metrics"] and filters.compiled(metric.body["filter"])(entry):
            metric.hidden["points"].append(cloud.clock.now())
            del metric.hidden["points"][:-1000]
    for sink in cloud.store.children(f"projects/{project}/sinks"):
        topic = cloud.canonical(str(sink.body["destination"]).removeprefix("pubsub.googleapis.com/"))
        writer = sink.body["writerIdentity"].removeprefix("serviceAccount:")
        takes = not sink.body.get("disabled") and filters.compiled(str(sink.body.get("filter") or ""))(entry)
        if takes and cloud.store.find(topic) and cloud.may(writer, "pubsub.topics.publish", topic):
            messages.publish(
                cloud, topic, json.dumps(entry).encode(), {"logging.googleapis.com/timestamp": entry["timestamp"]}
            )
