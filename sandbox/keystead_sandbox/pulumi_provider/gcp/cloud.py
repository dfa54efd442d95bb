"""The GCP side of the plugin: it stands in for pulumi-gcp."""

from pathlib import Path
from typing import Any

from keystead_sandbox.pulumi_provider import official
from keystead_sandbox.pulumi_provider.errors import CloudError, ConfigurationError, ProviderError
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.life import GcpLife
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Json
from keystead_sandbox.pulumi_provider.gcp.sessions import Session, Sessions
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from keystead_sandbox.pulumi_provider.plugin import Cloud, Request
from keystead_sandbox.pulumi_provider.settings import Settings
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values.containers import Texts
from keystead_sandbox.pulumi_provider.values.scalars import Flag, Text

SETTINGS = Settings(
    "gcp",
    official.settings("gcp"),
    {
        **dict.fromkeys(("project", "region", "zone"), Text(least=1)),
        "deletionPolicy": Text(("DELETE", "PREVENT", "ABANDON")),
        "addPulumiAttributionLabel": Flag(),
        "pulumiAttributionLabelAdditionStrategy": Text(("CREATION_ONLY", "PROACTIVE")),
        "defaultLabels": Texts(),
    },
)
PROJECT = "gcp:organizations/getProject:getProject"


def cloud(registry: Path) -> Cloud[Resource, Session]:
    """Return what the plugin needs to serve GCP."""
    return Cloud(
        name="gcp",
        version="10.2.0",
        settings=SETTINGS,
        table=RESOURCES,
        functions={PROJECT: _project},
        open=Sessions(registry).open,
        live=live,
    )


def live(resource: Resource, session: Session, request: Request) -> GcpLife:
    """Return one resource."""
    return GcpLife(resource, Context(session, request.inputs, request.state, request.id, schema=resource))


def _project(session: Session, arguments: dict[str, Any]) -> Json:
    """Describe a project: the provider's own unless one is named, as data source google_project does."""
    unknown = sorted(set(arguments) - {"projectId"})
    if unknown:
        raise ProviderError(f"{PROJECT}: unknown argument {unknown[0]!r}{did_you_mean(unknown[0], ['projectId'])}")
    project = arguments.get("projectId") or session.project
    if not project:
        raise ConfigurationError(f"{PROJECT}: projectId is not set, here or in the provider's configuration")
    project = str(project).removeprefix("projects/")
    try:
        found = session.client.call("GET", f"/v1/projects/{project}")
    except CloudError as error:
        if error.code in {"NOT_FOUND", "PERMISSION_DENIED"}:
            raise CloudError(f"{PROJECT}: project {project!r}", error.code, error.detail) from None
        raise
    labels = found.get("labels") or {}
    parent = found.get("parent") or {}
    return {
        "id": f"projects/{found['projectId']}",
        "projectId": found["projectId"],
        "number": str(found["projectNumber"]),
        "name": found.get("name", ""),
        "labels": labels,
        "effectiveLabels": labels,
        "pulumiLabels": labels,
        "tags": {},
        "autoCreateNetwork": True,
        "billingAccount": "",
        "deletionPolicy": "PREVENT",
        "folderId": parent.get("id", "") if parent.get("type") == "folder" else "",
        "orgId": parent.get("id", "") if parent.get("type") == "organization" else "",
    }
