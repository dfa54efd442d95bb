"""Cloud Monitoring: alert policies on log-based metrics and on log entries, and the incidents they open.

Source: Monitoring API v3 (AlertPolicy); guide, "Log-based alerting policies" and "Alert on log-based metrics".
Incidents are told through the control interface, and through the API as alerts; nothing is mailed.
"""

import re
from collections.abc import Iterator
from functools import partial

from sandbox.gcp import filters, moments
from sandbox.gcp.call import Call, handles
from sandbox.gcp.cloud import Cloud
from sandbox.gcp.errors import Json
from sandbox.gcp.kinds import KINDS
from sandbox.gcp.resources import Resource
from sandbox.timeline import Due

POLICY = KINDS["monitoring.alertPolicies"]
METRIC = re.compile(r'metric\.type\s*=\s*"logging\.googleapis\.com/user/([^"]+)"')
OPEN_SECONDS = 1800
"""How long an incident stays open after the condition is met for the last time, where the policy does not say."""


class Alerts:
    """The incidents of the cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._incidents = cloud.incidents
        self._seen: dict[str, str] = {}

    def document(self) -> Json:
        """All incidents, open and closed."""
        with self._cloud.lock:
            return {"incidents": [dict(one) for one in self._incidents]}

    def changes(self) -> Iterator[Due]:
        """Incidents that open or close now."""
        cloud = self._cloud
        with cloud.lock:
            policies = [one for one in cloud.store.of_kind(POLICY.key) if one.body.get("enabled", True)]
            now = cloud.clock.now()
            events = [event for policy in policies for event in self._of(policy, now)]
        yield from events

    def _of(self, policy: Resource, now: float) -> Iterator[Due]:
        conditions = policy.body.get("conditions") or []
        met = [bool(self._met(policy, condition, now)) for condition in conditions]
        everything = str(policy.body.get("combiner")).startswith("AND")
        firing = bool(met) and (all(met) if everything else any(met))
        open_one = next(
            (one for one in self._incidents if one["policy"] == policy.name and one["state"] == "OPEN"), None
        )
        if firing and open_one is None:
            yield Due(now, "incident", policy.name, partial(self._open, policy))
        elif firing and open_one is not None:
            open_one["lastMet"] = now
        elif open_one is not None and now >= open_one["lastMet"] + _patience(policy):
            yield Due(now, "incident", policy.name, partial(self._close, open_one))

    def _met(self, policy: Resource, condition: Json, now: float) -> bool:
        project = self._cloud.project_of(policy.name)
        if matched := condition.get("conditionMatchedLog"):
            return self._matches(policy, project, matched["filter"])
        threshold, absent = condition.get("conditionThreshold"), condition.get("conditionAbsent")
        spec = threshold or absent or {}
        name = METRIC.search(str(spec.get("filter") or ""))
        metric = self._cloud.store.find(f"projects/{project}/metrics/{name[1]}") if name else None
        if metric is None:
            return False
        aggregations = spec.get("aggregations") or [{}]
        window = moments.duration(str(aggregations[0].get("alignmentPeriod") or "60s"))
        if absent:
            window = moments.duration(str(absent.get("duration") or "300s"))
        points = metric.hidden["points"]
        count = sum(1 for one in points if now - window < one <= now)
        if absent:
            return bool(points) and count == 0
        limit = float(spec.get("thresholdValue") or 0)
        return count < limit if spec.get("comparison") == "COMPARISON_LT" else count > limit

    def _matches(self, policy: Resource, project: str, text: str) -> bool:
        wanted = filters.compiled(text.replace("\n", " AND "))
        last = self._seen.get(policy.name, "")
        newest, found = last, False
        for entry in self._cloud.logs.of(project):
            number = str(entry["insertId"])
            if number > last:
                newest = max(newest, number)
                found = found or wanted(entry)
        self._seen[policy.name] = newest
        return found

    def _open(self, policy: Resource) -> str:
        now = self._cloud.clock.now()
        self._incidents.append(
            {
                "policy": policy.name,
                "displayName": policy.body.get("displayName", ""),
                "state": "OPEN",
                "openTime": moments.text(now),
                "lastMet": now,
                "notified": list(policy.body.get("notificationChannels") or []),
            }
        )
        return "opened"

    def _close(self, incident: Json) -> str:
        incident.update(state="CLOSED", closeTime=moments.text(self._cloud.clock.now()))
        return "closed"


@handles("monitoring.alerts.list")
def listing(call: Call) -> Json:
    """The incidents of a project, newest first; the sandbox answers them on one page."""
    project = call.cloud.project_of(call.name)
    wanted = filters.compiled(str(call.query.get("filter") or ""))
    opened = (_alert(call.cloud, one, number) for number, one in enumerate(call.cloud.incidents, 1))
    found = [alert for alert in opened if call.cloud.project_of(alert["name"]) == project and wanted(alert)]
    return {"alerts": found[::-1], "totalSize": len(found)}


def _alert(cloud: Cloud, incident: Json, number: int) -> Json:
    project, policy = cloud.project_of(incident["policy"]), cloud.store.find(incident["policy"])
    snapshot = {"name": incident["policy"], "displayName": incident["displayName"]}
    if policy is not None and policy.body.get("userLabels"):
        snapshot["userLabels"] = policy.body["userLabels"]
    times: Json = {key: incident[key] for key in ("openTime", "closeTime") if key in incident}
    return {"name": f"projects/{project}/alerts/{number}", "state": incident["state"], "policy": snapshot, **times}


def _patience(policy: Resource) -> float:
    strategy = policy.body.get("alertStrategy") or {}
    return moments.duration(str(strategy.get("autoClose") or f"{OPEN_SECONDS}s"))
