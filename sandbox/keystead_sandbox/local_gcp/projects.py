"""Projects and their services: Resource Manager and Service Usage. Projects are given at start."""

from keystead_sandbox.local_gcp import moments
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.errors import Json, invalid
from keystead_sandbox.local_gcp.resources import check_labels


def _project(call: Call, project: str) -> Json:
    number = call.cloud.number(project)
    shown: Json = {"projectId": project, "createTime": moments.text(call.cloud.born)}
    if call.method.version == "v3":
        shown |= {"name": f"projects/{number}", "displayName": project, "state": "ACTIVE"}
    else:
        shown |= {"projectNumber": number, "name": project, "lifecycleState": "ACTIVE"}
    if labels := call.cloud.labels.get(project):
        shown["labels"] = dict(labels)
    return shown


def _known(call: Call) -> str:
    project = call.cloud.project_of(call.name)
    if project not in call.cloud.settings.projects:
        raise call.cloud.denied(call.caller, GET, f"projects/{project}")
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


GET = "resourcemanager.projects.get"


@handles("secretmanager.locations.get")
def get_location(call: Call) -> Json:
    """A location of any service; they share the path, and the first service answers."""
    call.cloud.check_location(call.name)
    return {"name": call.name, "locationId": call.name.rpartition("/")[2]}


def _split(call: Call) -> tuple[str, str]:
    project, _, service = call.name.partition("/services/")
    return project.removeprefix("projects/"), service


def _service(call: Call, project: str, service: str) -> Json:
    state = "ENABLED" if service in call.cloud.services[project] else "DISABLED"
    parent = f"projects/{call.cloud.number(project)}"
    return {"name": f"{parent}/services/{service}", "parent": parent, "state": state, "config": {"name": service}}


@handles("serviceusage.services.get")
def get_service(call: Call) -> Json:
    """One service and whether it is enabled."""
    return _service(call, *_split(call))


@handles("serviceusage.services.list")
def list_services(call: Call) -> Json:
    """The enabled services of a project."""
    project = call.cloud.project_of(call.name)
    return {"services": [_service(call, project, one) for one in sorted(call.cloud.services[project])]}


@handles("serviceusage.services.enable")
def enable_service(call: Call) -> Json:
    """Enable a service."""
    project, service = _split(call)
    call.cloud.enable(project, service)
    kind = "google.api.serviceusage.v1.EnableServiceResponse"
    return call.cloud.operations.done("", {"service": _service(call, project, service)}, kind)


@handles("serviceusage.services.batchEnable")
def enable_services(call: Call) -> Json:
    """Enable up to 20 services at once."""
    project = call.cloud.project_of(call.name)
    wanted = call.body.get("serviceIds") or []
    if not 0 < len(wanted) <= 20:
        raise invalid("A batch must name 1 to 20 services.")
    for service in wanted:
        call.cloud.enable(project, service)
    shown = [_service(call, project, one) for one in wanted]
    return call.cloud.operations.done("", {"services": shown}, "google.api.serviceusage.v1.BatchEnableServicesResponse")


@handles("serviceusage.services.disable")
def disable_service(call: Call) -> Json:
    """Disable a service; its resources stay, its calls are refused."""
    project, service = _split(call)
    call.cloud.services[project].discard(service)
    kind = "google.api.serviceusage.v1.DisableServiceResponse"
    return call.cloud.operations.done("", {"service": _service(call, project, service)}, kind)


@handles("serviceusage.services.generateServiceIdentity")
def generate_identity(call: Call) -> Json:
    """Make a service's agent, so that it can be granted what it needs."""
    project, service = _split(call)
    email = call.cloud.make_identity(project, service)
    identity = {"email": email, "uniqueId": str(abs(hash(email)))}
    return call.cloud.operations.done("", identity, "google.api.serviceusage.v1beta1.ServiceIdentity")
