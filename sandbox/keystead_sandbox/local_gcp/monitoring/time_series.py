"""Cloud Monitoring: the values that alert conditions look at.

Source: Monitoring API v3 (MetricThreshold, MetricAbsence, PrometheusQueryLanguageCondition); "Google Cloud metrics"
(Pub/Sub); "PromQL in Cloud Monitoring", mapping metric names: the first slash becomes a colon, any other character
than letters, digits and underscores an underscore.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keystead_sandbox.local_gcp.api import filters, timestamps
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.pubsub.messages import queue_of
from keystead_sandbox.local_gcp.scheduler import jobs
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

METRIC = KINDS["logging.metrics"]
USER = "logging.googleapis.com/user/"
PUBSUB = "pubsub.googleapis.com/subscription/"
KNOWN = tuple(f"{PUBSUB}{one}" for one in ("num_undelivered_messages", "oldest_unacked_message_age"))
TYPE = re.compile(r'metric\.type\s*=\s*"([^"]+)"')
ABSENT = re.compile(
    r"absent_over_time\(\s*(?P<all>([\w:]+)\s*(\{[^}]*\})?\s*\[(\d+)([smhdw])\])\s*\)"
    r"(\s+or\s+sum\(increase\(\s*(?P=all)\s*\)\)\s*<\s*1)?"
)
"""The second half is for counters that are written as zeros where nothing is counted; those of the sandbox are not."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LABEL = re.compile(r'(\w+)\s*(=~?|!=|!~)\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Series:
    """One time series: its metric and resource, and either the times of its points or its current value."""

    about: Json
    points: tuple[float, ...] = ()
    gauge: float | None = None

    def value(self, now: float, window: float) -> float:
        """The value over the last `window` seconds."""
        if self.gauge is not None:
            return self.gauge
        return sum(1.0 for point in self.points if now - window < point <= now)


def series(cloud: Cloud, project: str) -> Iterator[Series]:
    """Everything the sandbox measures in a project."""
    for metric in cloud.store.children(f"projects/{project}/metrics"):
        if metric.kind is METRIC:
            yield from _counted(metric)
    now = cloud.clock.now()
    for subscription in cloud.store.children(f"projects/{project}/subscriptions"):
        waiting = list(queue_of(subscription).values())
        labels = {"project_id": project, "subscription_id": subscription.id}
        about = {"type": "pubsub_subscription", "labels": labels}
        oldest = now - min((one.published for one in waiting), default=now)
        for name, value in zip(KNOWN, (float(len(waiting)), oldest), strict=True):
            yield Series({"metric": {"type": name}, "resource": about}, gauge=value)


def _counted(metric: Resource) -> Iterator[Series]:
    kinds: dict[str, list[float]] = {}
    for point, kind in metric.hidden.get("points", ()):
        kinds.setdefault(kind, []).append(point)
    for kind, points in kinds.items():
        about = {"metric": {"type": f"{USER}{metric.id}"}, "resource": {"type": kind}}
        yield Series(about, tuple(points))


def selected(cloud: Cloud, project: str, text: str) -> list[Series]:
    """The series that a monitoring filter takes."""
    plain = re.sub(r"\.label\b", ".labels", re.sub(r'\."([\w-]+)"', r".\1", text))
    wanted = filters.compiled(plain)
    return [one for one in series(cloud, project) if wanted(one.about)]


def problem(cloud: Cloud, project: str, condition: Json) -> str:
    """Why a condition is refused, by Google or by the sandbox; empty when it is not."""
    spec = condition.get("conditionThreshold") or condition.get("conditionAbsent")
    if spec:
        found = TYPE.search(str(spec.get("filter") or ""))
        if not found:
            return (
                "The supplied filter does not specify a valid combination of metric and monitored resource descriptors."
            )
        name = found[1]
        metric = cloud.store.find(f"projects/{project}/metrics/{name.removeprefix(USER)}")
        if name not in KNOWN and not (name.startswith(USER) and metric):
            text = f'Cannot find metric that matches type = "{name}". If a metric was created recently, it could take'
            return f"{text} up to 10 minutes to become available. Please try again soon."
    prometheus = condition.get("conditionPrometheusQueryLanguage")
    if prometheus and not ABSENT.fullmatch(str(prometheus.get("query")).strip()):
        return (
            "The sandbox evaluates PromQL of the form absent_over_time(METRIC{LABELS}[RANGE]) only, with or without "
            "`or sum(increase(METRIC{LABELS}[RANGE])) < 1`."
        )
    return ""


def absent_since(cloud: Cloud, project: str, query: str, born: float) -> float | None:
    """Since when `absent_over_time` is true; None where it is not. A metric never seen is absent since `born`.

    Runs of a schedule that only the sandbox has left out count as if they had taken place.
    """
    found = ABSENT.fullmatch(query.strip())
    if not found:
        return None
    tests = _LABEL.findall(found[3] or "")
    last = None
    for one in series(cloud, project):
        if _prometheus(one.about["metric"]["type"]) == found[2] and _fits(one.about, tests) and one.points:
            last = max(last or 0.0, one.points[-1])
    since = born if last is None else jobs.covered_until(cloud, last) + int(found[4]) * UNITS[found[5]]
    return since if since <= cloud.clock.now() else None


def _prometheus(name: str) -> str:
    head, _, tail = name.partition("/")
    return f"{re.sub(r'[^A-Za-z0-9_]', '_', head)}:{re.sub(r'[^A-Za-z0-9_]', '_', tail)}"


def _fits(about: Json, tests: list[tuple[str, str, str]]) -> bool:
    labels = {"monitored_resource": about["resource"]["type"], **about["resource"].get("labels", {})}
    checks: dict[str, Callable[[str, str], bool]] = {
        "=": lambda value, wanted: value == wanted,
        "!=": lambda value, wanted: value != wanted,
        "=~": lambda value, wanted: re.fullmatch(wanted, value) is not None,
        "!~": lambda value, wanted: re.fullmatch(wanted, value) is None,
    }
    return all(checks[operator](labels.get(name, ""), wanted) for name, operator, wanted in tests)


def window(spec: Json) -> float:
    """The seconds a condition looks back at once."""
    aggregations = spec.get("aggregations") or [{}]
    return timestamps.duration(str(aggregations[0].get("alignmentPeriod") or "60s"))
