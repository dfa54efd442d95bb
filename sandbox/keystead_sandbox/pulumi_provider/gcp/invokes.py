"""The functions the plugin answers; any other is refused by name."""

from typing import Any

from keystead_sandbox.pulumi_provider.errors import CloudError, ConfigurationError, ProviderError, UnsupportedError
from keystead_sandbox.pulumi_provider.gcp.client import Json
from keystead_sandbox.pulumi_provider.gcp.sessions import Session
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean

PROJECT = "gcp:organizations/getProject:getProject"


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


FUNCTIONS = {PROJECT: _project}


def invoke(token: str, arguments: dict[str, Any], session: Session | None) -> Json:
    """Answer a function of the provider."""
    if token not in FUNCTIONS:
        raise UnsupportedError(
            f"the sandbox cannot answer {token}; it answers {', '.join(sorted(FUNCTIONS))}"
            f"{did_you_mean(token, FUNCTIONS)}"
        )
    if session is None:
        raise ConfigurationError(f"{token}: the provider is not configured")
    return FUNCTIONS[token](session, {name: value for name, value in arguments.items() if value is not None})
