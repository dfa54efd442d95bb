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
KEY_RINGS = "gcp:kms/getKeyRings:getKeyRings"
KEYS = "gcp:kms/getCryptoKeys:getCryptoKeys"


def cloud(registry: Path) -> Cloud[Resource, Session]:
    """Return what the plugin needs to serve GCP."""
    return Cloud(
        name="gcp",
        version="10.2.0",
        settings=SETTINGS,
        table=RESOURCES,
        functions={PROJECT: _project, KEY_RINGS: _key_rings, KEYS: _keys},
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


def _key_rings(session: Session, arguments: dict[str, Any]) -> Json:
    """List the key rings of a location, as data source google_kms_key_rings does."""
    project = arguments.get("project") or session.project
    place = f"projects/{project}/locations/{arguments['location']}"
    rings = _listed(session, f"/v1/{place}/keyRings", "keyRings")
    found = [{"id": ring["name"], "name": ring["name"]} for ring in rings]
    return {"id": f"{place}/keyRings", "project": project, "location": arguments["location"], "keyRings": found}


def _keys(session: Session, arguments: dict[str, Any]) -> Json:
    """List the keys of a ring, as data source google_kms_crypto_keys does; of each, what the table's key shows."""
    ring = str(arguments["keyRing"])
    found = [
        {
            "id": key["name"],
            "name": key["name"].rpartition("/")[2],
            "keyRing": ring,
            "purpose": key["purpose"],
            "labels": key.get("labels") or {},
            "rotationPeriod": key.get("rotationPeriod", ""),
            "destroyScheduledDuration": key.get("destroyScheduledDuration", ""),
            "primaries": [{"name": key["primary"]["name"], "state": key["primary"]["state"]}]
            if "primary" in key
            else [],
            "versionTemplates": [key["versionTemplate"]] if "versionTemplate" in key else [],
        }
        for key in _listed(session, f"/v1/{ring}/cryptoKeys", "cryptoKeys")
    ]
    return {"id": f"{ring}/cryptoKeys", "keyRing": ring, "keys": found}


def _listed(session: Session, path: str, kind: str) -> list[Json]:
    """Return every page of a list."""
    found: list[Json] = []
    query: dict[str, str] = {}
    while True:
        page = session.client.call("GET", path, None, query)
        found += page.get(kind) or []
        if not page.get("nextPageToken"):
            return found
        query = {"pageToken": page["nextPageToken"]}
