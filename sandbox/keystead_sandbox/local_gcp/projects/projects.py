"""Projects and locations: Resource Manager. Projects are given at start."""

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.methods.standard import check_labels
from keystead_sandbox.local_gcp.state.cloud import denied

GET = "resourcemanager.projects.get"


def _project(call: Call, project: str) -> Json:
    number = call.cloud.number(project)
    shown: Json = {"projectId": project, "createTime": timestamps.text(call.cloud.created)}
    if call.method.version == "v3":
        shown |= {"name": f"projects/{number}", "displayName": project, "state": "ACTIVE"}
    else:
        shown |= {"projectNumber": number, "name": project, "lifecycleState": "ACTIVE"}
    if labels := call.cloud.labels.get(project):
        shown["labels"] = dict(labels)
    return shown


def _known(call: Call) -> str:
    project = call.project
    if project not in call.cloud.settings.projects:
        raise denied(call.caller, GET, f"projects/{project}")
    return project


@handles("cloudresourcemanager.projects.get")
def get_project(call: Call) -> Json:
    """One project."""
    return _project(call, _known(call))


@handles("cloudresourcemanager.projects.patch", "cloudresourcemanager.projects.update")
def label_project(call: Call) -> Json:
    """Change a project's labels; nothing else of a project changes here."""
    project = _known(call)
    check_labels(call.body)
    mask = str(call.query.get("updateMask") or "labels")
    if mask != "labels":
        raise invalid(f"The sandbox changes labels of projects only, not {mask}.")
    call.cloud.labels[project] = dict(call.body.get("labels") or {})
    shown = _project(call, project)
    if call.method.version == "v1":
        return shown
    return call.cloud.operations.done("", shown, "google.cloud.resourcemanager.v3.Project")


@handles("cloudresourcemanager.projects.list", "cloudresourcemanager.projects.search")
def list_projects(call: Call) -> Json:
    """The projects the caller may see."""
    seen = [one for one in call.cloud.settings.projects if call.cloud.may(call.caller, GET, f"projects/{one}")]
    return {"projects": [_project(call, one) for one in seen]}


@handles("secretmanager.locations.get")
def get_location(call: Call) -> Json:
    """A location of any service; they share the path, and the first service answers."""
    call.cloud.check_location(call.name)
    return {"name": call.name, "locationId": call.name.rpartition("/")[2]}
