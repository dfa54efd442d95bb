"""Cloud Monitoring: the incidents that alert policies open and close.

Source: Monitoring API v3 (AlertPolicy); guide, "Log-based alerting policies", "Behavior of metric-based alerting
policies". Incidents are read through the control interface; no notification is sent.
"""

import operator
from collections.abc import Callable, Iterator
from functools import partial

from keystead_sandbox.common.timeline import Due
from keystead_sandbox.local_gcp.api import filters, timestamps
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.monitoring import time_series
from keystead_sandbox.local_gcp.scheduler import jobs
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

POLICY = KINDS["monitoring.alertPolicies"]
OPEN_SECONDS = 1800
"""How long an incident stays open after the condition is met for the last time, where the policy does not say."""
COMPARISONS: dict[str, Callable[[float, float], bool]] = {"COMPARISON_GT": operator.gt, "COMPARISON_LT": operator.lt}
"""The only two that conditions support. Source: MetricThreshold.comparison."""


class Evaluation:
    """Looks at the conditions of alert policies, and opens and closes incidents."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._incidents = cloud.incidents
        self._since: dict[tuple[str, int], float] = {}

    def changes(self) -> Iterator[Due]:
        """Incidents that open or close now."""
        cloud = self._cloud
        with cloud.lock:
            policies = [one for one in cloud.store.of_kind(POLICY.key) if one.body.get("enabled", True)]
            now = cloud.clock.now()
            events = [event for policy in policies for event in self._of(policy, now)]
            names = {policy.name for policy in policies}
            events += [
                Due(now, "incident", one["policy"], partial(self._close, one))
                for one in self._incidents
                if one["state"] == "OPEN" and one["policy"] not in names
            ]
        yield from events

    def _of(self, policy: Resource, now: float) -> Iterator[Due]:
        conditions = policy.body.get("conditions") or []
        met = [self._met(policy, number, condition, now) for number, condition in enumerate(conditions)]
        everything = str(policy.body.get("combiner")).startswith("AND")
        firing = bool(met) and (all(met) if everything else any(met))
        incident = next(
            (one for one in self._incidents if one["policy"] == policy.name and one["state"] == "OPEN"), None
        )
        if firing and incident is None:
            yield Due(now, "incident", policy.name, partial(self._open, policy))
        elif firing and incident is not None:
            incident["lastMet"] = now
        elif incident is not None and now >= incident["lastMet"] + _auto_close(policy):
            yield Due(now, "incident", policy.name, partial(self._close, incident))

    def _met(self, policy: Resource, number: int, condition: Json, now: float) -> bool:
        project = self._cloud.project_of(policy.name)
        if matched := condition.get("conditionMatchedLog"):
            return self._matches(policy, project, matched["filter"])
        spec: Json = {}
        since: float | None = None
        if prometheus := condition.get("conditionPrometheusQueryLanguage"):
            spec, born = prometheus, policy.hidden.setdefault("born", now)
            since = time_series.absent_since(self._cloud, project, prometheus["query"], born)
        elif absent := condition.get("conditionAbsent"):
            spec, since = absent, self._last(project, absent, now)
        elif threshold := condition.get("conditionThreshold"):
            spec = threshold
            exceeded = self._exceeds(project, threshold, now)
            since = self._since.get((policy.name, number), now) if exceeded else None
        if since is None:
            self._since.pop((policy.name, number), None)
            return False
        self._since[policy.name, number] = since
        return now >= since + timestamps.duration(str(spec.get("duration") or "0s"))

    def _exceeds(self, project: str, spec: Json, now: float) -> bool:
        compare = COMPARISONS.get(str(spec.get("comparison")), COMPARISONS["COMPARISON_GT"])
        limit = float(spec.get("thresholdValue") or 0)
        found = time_series.selected(self._cloud, project, str(spec.get("filter") or ""))
        return any(compare(one.value(now, time_series.window(spec)), limit) for one in found)

    def _last(self, project: str, spec: Json, now: float) -> float | None:
        """Since when nothing is counted; a metric that has never been counted is not absent."""
        found = time_series.selected(self._cloud, project, str(spec.get("filter") or ""))
        points = [one.points[-1] for one in found if one.points]
        last = jobs.covered_until(self._cloud, max(points)) if points else now
        return last if last < now else None

    def _matches(self, policy: Resource, project: str, text: str) -> bool:
        wanted = filters.compiled(text)
        entries, written = self._cloud.logs.since(project, policy.hidden.get("seen", 0))
        policy.hidden["seen"] = written
        return any(wanted(entry) for entry in entries)

    def _open(self, policy: Resource) -> str:
        now = self._cloud.clock.now()
        self._incidents.append(
            {
                "policy": policy.name,
                "displayName": policy.body.get("displayName", ""),
                "state": "OPEN",
                "openTime": timestamps.text(now),
                "lastMet": now,
                "notified": list(policy.body.get("notificationChannels") or []),
            }
        )
        return "opened"

    def _close(self, incident: Json) -> str:
        incident.update(state="CLOSED", closeTime=timestamps.text(self._cloud.clock.now()))
        return "closed"


def _auto_close(policy: Resource) -> float:
    strategy = policy.body.get("alertStrategy") or {}
    return timestamps.duration(str(strategy.get("autoClose") or f"{OPEN_SECONDS}s"))
