"""Service Usage: services enabled in a project, and the identities of their agents."""

from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.methods.call import Call, handles

PACKAGE = "google.api.serviceusage"


def _service(call: Call) -> str:
    return call.name.partition("/services/")[2]


def _shown(call: Call, service: str) -> Json:
    state = "ENABLED" if service in call.cloud.services.enabled(call.project) else "DISABLED"
    parent = f"projects/{call.cloud.number(call.project)}"
    return {"name": f"{parent}/services/{service}", "parent": parent, "state": state, "config": {"name": service}}


@handles("serviceusage.services.get")
def get(call: Call) -> Json:
    """One service and whether it is enabled."""
    return _shown(call, _service(call))


@handles("serviceusage.services.list")
def listing(call: Call) -> Json:
    """The enabled services of a project."""
    return {"services": [_shown(call, one) for one in call.cloud.services.enabled(call.project)]}


@handles("serviceusage.services.enable")
def enable(call: Call) -> Json:
    """Enable a service."""
    call.cloud.services.enable(call.project, _service(call))
    shown = {"service": _shown(call, _service(call))}
    return call.cloud.operations.done("", shown, f"{PACKAGE}.v1.EnableServiceResponse")


@handles("serviceusage.services.disable")
def disable(call: Call) -> Json:
    """Disable a service; its resources stay, its calls are refused."""
    call.cloud.services.disable(call.project, _service(call))
    shown = {"service": _shown(call, _service(call))}
    return call.cloud.operations.done("", shown, f"{PACKAGE}.v1.DisableServiceResponse")


@handles("serviceusage.services.batchEnable")
def enable_all(call: Call) -> Json:
    """Enable up to 20 services at once."""
    wanted = call.body.get("serviceIds") or []
    if not 0 < len(wanted) <= 20:
        raise invalid("A batch must name 1 to 20 services.")
    call.cloud.services.enable(call.project, *wanted)
    shown = {"services": [_shown(call, one) for one in wanted]}
    return call.cloud.operations.done("", shown, f"{PACKAGE}.v1.BatchEnableServicesResponse")


@handles("serviceusage.services.generateServiceIdentity")
def generate_identity(call: Call) -> Json:
    """Make a service's agent, so that it can be granted what it needs."""
    email = call.cloud.services.make_agent(call.project, _service(call))
    identity = {"email": email, "uniqueId": str(abs(hash(email)))}
    return call.cloud.operations.done("", identity, f"{PACKAGE}.v1beta1.ServiceIdentity")
