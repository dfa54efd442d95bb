"""Custom roles of a project, and predefined roles as far as they can be read."""

from keystead_sandbox.local_gcp.api.errors import Json, invalid, precondition
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.state import roles
from keystead_sandbox.local_gcp.state.kinds import KINDS, matches
from keystead_sandbox.local_gcp.state.resources import Resource

ROLE = KINDS["iam.roles"]


@handles("iam.roles.create")
def create_role(call: Call) -> Json:
    """A custom role of a project."""
    identifier = str(call.body.get("roleId") or "")
    if not matches(ROLE, identifier):
        raise invalid(
            f"The role name must be in the form \"projects/PROJECT/roles/ROLE\"; '{identifier}' is not valid."
        )
    role = standard.insert(call, ROLE, f"{call.name}/roles/{identifier}", dict(call.body.get("role") or {}))
    return _keep(call, role)


@handles("iam.roles.patch")
def patch_role(call: Call) -> Json:
    """Change a custom role."""
    return _keep(call, standard.patch(call))


@handles("iam.roles.delete")
def delete_role(call: Call) -> Json:
    """Delete a custom role: it grants nothing from now on; its id stays taken for 37 days."""
    role = standard.require(call, ROLE)
    if role.body.get("deleted"):
        raise precondition(f"The role named {role.name} is already deleted.")
    role.body["deleted"] = True
    return _keep(call, role)


@handles("iam.roles.undelete")
def undelete_role(call: Call) -> Json:
    """Bring a deleted custom role back."""
    role = standard.require(call, ROLE)
    role.body.pop("deleted", None)
    return _keep(call, role)


@handles("iam.roles.get")
def get_role(call: Call) -> Json:
    """A custom role, or a predefined one with the permissions the sandbox knows of it."""
    if call.name in roles.predefined():
        return {"name": call.name, "stage": "GA", "includedPermissions": sorted(roles.predefined()[call.name])}
    call.cloud.demand(call.caller, "iam.roles.get", call.name)
    return standard.view(call, standard.require(call, ROLE))


@handles("iam.roles.list")
def list_roles(call: Call) -> Json:
    """The custom roles of a project."""
    if call.name:
        call.cloud.demand(call.caller, "iam.roles.list", call.name)
    found = call.cloud.store.children(f"{call.name}/roles")
    return standard.page(call, [one for one in found if not one.body.get("deleted") or call.query.get("showDeleted")])


def _keep(call: Call, role: Resource) -> Json:
    """Put the permissions of a role into effect; the role as it is shown."""
    inactive = role.body.get("deleted") or role.body.get("stage") == "DISABLED"
    permissions = () if inactive else tuple(role.body.get("includedPermissions") or ())
    call.cloud.policies.custom[role.name] = permissions
    return standard.view(call, role)
