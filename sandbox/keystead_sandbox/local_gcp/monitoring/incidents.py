"""Cloud Monitoring: incidents as its API shows them, where they are called alerts.

Source: Monitoring API v3, projects.alerts.list.
"""

from keystead_sandbox.local_gcp.api import filters
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.state.cloud import Cloud


@handles("monitoring.alerts.list")
def listing(call: Call) -> Json:
    """The incidents of a project, newest first; the sandbox answers them on one page."""
    wanted = filters.compiled(str(call.query.get("filter") or ""))
    opened = (_alert(call.cloud, one, number) for number, one in enumerate(call.cloud.incidents, 1))
    found = [alert for alert in opened if call.cloud.project_of(alert["name"]) == call.project and wanted(alert)]
    return {"alerts": found[::-1], "totalSize": len(found)}


def _alert(cloud: Cloud, incident: Json, number: int) -> Json:
    project, policy = cloud.project_of(incident["policy"]), cloud.store.find(incident["policy"])
    snapshot = {"name": incident["policy"], "displayName": incident["displayName"]}
    if policy is not None and policy.body.get("userLabels"):
        snapshot["userLabels"] = policy.body["userLabels"]
    times: Json = {key: incident[key] for key in ("openTime", "closeTime") if key in incident}
    return {"name": f"projects/{project}/alerts/{number}", "state": incident["state"], "policy": snapshot, **times}
