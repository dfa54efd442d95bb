"""Cloud Logging: metrics that count the entries their filter takes. Source: Cloud Logging API v2 reference."""

from keystead_sandbox.local_gcp.api import filters
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS

METRIC = KINDS["logging.metrics"]
MOST_POINTS = 1000


@checks(METRIC.key)
def check(_call: Call, body: Json, _before: Json) -> None:
    """Refuse an invalid filter."""
    filters.compiled(str(body.get("filter") or ""))


@handles("logging.metrics.update")
def update(call: Call) -> Json:
    """Create a metric, or replace an existing one, which keeps its creation time and its points."""
    metric = call.cloud.store.find(call.name)
    if metric is None:
        return standard.view(call, standard.create(call))
    check(call, call.body, metric.body)
    given = {key: value for key, value in call.body.items() if key != "name"}
    metric.body = {**given, "createTime": metric.body["createTime"]}
    metric.touch(call.now)
    return standard.view(call, metric)


def count(cloud: Cloud, project: str, entry: Json) -> None:
    """Count an entry in the metrics of its project that take it."""
    for metric in cloud.store.children(f"projects/{project}/metrics"):
        if metric.kind is METRIC and filters.compiled(metric.body["filter"])(entry):
            points = metric.hidden.setdefault("points", [])
            points.append((cloud.clock.now(), str(reach(entry, "resource.type"))))
            del points[:-MOST_POINTS]
