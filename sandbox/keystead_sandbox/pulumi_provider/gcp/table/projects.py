"""Projects: services and their agents, custom roles, audit configurations.

Read in magic-modules: resourcemanager/resource_google_project_service.go, resource_project_service_identity.go,
resource_google_project_iam_custom_role.go, tpgiamresource/resource_iam_audit_config.go.
"""

from collections.abc import Collection
from dataclasses import replace

from keystead_sandbox.pulumi_provider.errors import CloudError, ProviderError
from keystead_sandbox.pulumi_provider.gcp import body as bodies
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Operations, Rest, may_delete
from keystead_sandbox.pulumi_provider.gcp.policies import AuditConfig, Target
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Property, part
from keystead_sandbox.pulumi_provider.gcp.values import Block, Member, Named
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values.containers import Listing
from keystead_sandbox.pulumi_provider.values.scalars import Text
from keystead_sandbox.pulumi_provider.values.structures import Field


class Enabling(Operations):
    """A service of a project: enabled, and disabled again only where that is asked for."""

    def create(self, context: Context) -> None:
        """Enable the service unless it is."""
        context.id = context.fill(context.schema.id)
        if self.read(context) is None:
            path = context.fill("projects/{project}/services/{service}:enable")
            context.wait(context.call("POST", path, {}), f"POST {path}")

    def read(self, context: Context) -> Json | None:
        """Ask for the service's state."""
        found = context.find(context.fill("projects/{project}/services/{service}"))
        return found if found and found.get("state") == "ENABLED" else None

    def delete(self, context: Context) -> None:
        """Disable the service where `disableOnDestroy` says so."""
        if not may_delete(context) or not context.state.get("disableOnDestroy"):
            return
        path = context.fill("projects/{project}/services/{service}:disable")
        body: Json = {"disableDependentServices": bool(context.state.get("disableDependentServices"))}
        body["checkIfServiceHasUsage"] = "CHECK" if context.state.get("checkIfServiceHasUsageOnDestroy") else "SKIP"
        context.wait(context.call("POST", path, body), f"POST {path}")


SERVICE = Resource(
    type="gcp:projects/service:Service",
    api="serviceusage.v1",
    schema="GoogleApiServiceusageV1Service",
    special={"service": part()},
    operations=Enabling(),
    id="{project}/{service}",
    verify=lambda inputs: (
        []
        if "." in str(inputs["service"]) or "-" in str(inputs["service"])
        else [("service", "expected a domain such as serviceusage.googleapis.com")]
    ),
)


class Agent(Operations):
    """A service's agent: made to exist, and never deleted."""

    def create(self, context: Context) -> None:
        """Make the agent exist."""
        path = context.fill("projects/{project}/services/{service}:generateServiceIdentity")
        operation = context.call("POST", path)
        email = context.wait(operation, f"POST {path}").get("email")
        context.id = context.fill(context.schema.id)
        context.state = {**context.state, **({"email": email, "member": f"serviceAccount:{email}"} if email else {})}

    def read(self, context: Context) -> Json | None:
        """Service Usage has no method that reads an agent: what is known stays."""
        if not context.state:
            raise ProviderError(f"{context.schema.type} cannot be imported; declare it, making it again does no harm")
        return {name: context.state.get(name) for name in ("email", "member")}

    def delete(self, context: Context) -> None:
        """Agents stay."""


SERVICE_IDENTITY = Resource(
    type="gcp:projects/serviceIdentity:ServiceIdentity",
    api="serviceusage.v1beta1",
    schema="ServiceIdentity",
    special={"service": part()},
    operations=Agent(),
    id="projects/{project}/services/{service}",
    outputs={"email": "email", "member": "member"},
)


class Roles(Rest):
    """Custom roles; the id of a deleted one stays taken, so making it again brings it back."""

    def create(self, context: Context) -> None:
        """Make the role, or bring a deleted one back."""
        context.id = context.fill(context.schema.id)
        found = self.read(context)
        if found is None:
            super().create(context)
        elif found.get("deleted"):
            self.update(context, ["title"])
        else:
            text = f"Custom project role {context.id} already exists and must be imported"
            raise CloudError(f"POST {context.id}", "ALREADY_EXISTS", text)

    def update(self, context: Context, changed: Collection[str]) -> None:
        """Change the role, which is brought back first where it was deleted."""
        if (self.read(context) or {}).get("deleted"):
            context.call("POST", f"{context.id}:undelete", {})
        if bodies.mask(context, changed):
            context.call("PATCH", context.id, self.body(context, fixed=False))

    def delete(self, context: Context) -> None:
        """Delete the role, once."""
        if not (self.read(context) or {}).get("deleted"):
            super().delete(context)

    def similar(self, context: Context) -> list[str]:
        """Return the role of this id, unless it is deleted."""
        wanted = context.fill(context.schema.id)
        found = self.read(replace(context, state={}, id=wanted, record={}))
        return [wanted] if found and not found.get("deleted") else []


CUSTOM_ROLE = Resource(
    type="gcp:projects/iAMCustomRole:IAMCustomRole",
    api="iam.v1",
    schema="Role",
    special={
        "roleId": part(),
        "permissions": Property("includedPermissions", kind=Listing(Text(), unordered=True), required=True),
        "stage": Property(default="GA"),
    },
    operations=Roles(
        "projects/{project}/roles", wrap=lambda context, body: {"roleId": context.require("roleId"), "role": body}
    ),
    id="projects/{project}/roles/{roleId}",
    imports=("{project}/{roleId}", "{roleId}"),
    outputs={"name": "name", "deleted": "deleted"},
    predicted={"name": "projects/{project}/roles/{roleId}"},
    decode=lambda _, record: {"deleted": False, **record},
    name=Autoname("roleId", most=64, separator=""),
    verify=lambda inputs: [] if inputs["permissions"] else [("permissions", "expected at least one permission")],
)

_LOGGED = Block(
    {
        "logType": Field("logType", Text(("ADMIN_READ", "DATA_WRITE", "DATA_READ")), required=True),
        "exemptedMembers": Field("exemptedMembers", Listing(Member(), unordered=True)),
    }
)
AUDIT_CONFIG = Resource(
    type="gcp:projects/iAMAuditConfig:IAMAuditConfig",
    api="cloudresourcemanager.v1",
    schema="AuditConfig",
    special={
        "project": part(kind=Named(least=1)),
        "service": Property(kind=Text(least=1), required=True, local=True),
        "auditLogConfigs": Property(kind=Listing(_LOGGED, unordered=True), required=True),
    },
    operations=AuditConfig(Target("{project}", ("project",), ("{project}",), path="projects/{project}", asks="body")),
    id="{project}/audit_config/{service}",
    imports=("{project} {service}",),
    outputs={"etag": "etag"},
)

RESOURCES = (SERVICE, SERVICE_IDENTITY, CUSTOM_ROLE, AUDIT_CONFIG)
