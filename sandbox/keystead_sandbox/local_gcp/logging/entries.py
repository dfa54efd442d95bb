"""Cloud Logging: entries written and listed. Source: Cloud Logging API v2 reference."""

from keystead_sandbox.local_gcp.api import filters, timestamps
from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.logging import log_buckets
from keystead_sandbox.local_gcp.methods.call import Call, handles

MOST_A_PAGE = 1000


@handles("logging.entries.write")
def write(call: Call) -> Json:
    """Keep entries."""
    now = timestamps.text(call.now)
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
    return {"logNames": sorted({str(entry["logName"]) for entry in call.cloud.logs.of(call.project)})}
