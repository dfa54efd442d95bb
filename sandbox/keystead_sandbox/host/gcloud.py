"""Configurations of the Google Cloud CLI, one per environment: `gcloud --configuration dev ...` works on the sandbox.

Source: `gcloud topic configurations`; properties auth/access_token_file, core/custom_ca_certs_file and
api_endpoint_overrides (their values end in a slash).
"""

import configparser
import io
from pathlib import Path

from keystead_sandbox.host.place import Place, write_private
from keystead_sandbox.host.registry import Cloud, Clouds

APIS = (
    *("accesscontextmanager", "cloudfunctions", "cloudkms", "cloudresourcemanager", "cloudscheduler", "iam"),
    *("iamcredentials", "logging", "monitoring", "pubsub", "run", "secretmanager", "serviceusage", "storage"),
)
"""The APIs that the sandbox serves and gcloud can be pointed at, by gcloud's names."""


def token_file(place: Place, project: str) -> Path:
    """Where the cloud writes the token of a project's deployer when it starts."""
    return place.gcp / f"{project}.token"


def write_configurations(place: Place, environments: dict[str, Clouds]) -> None:
    """Write the configuration of every environment that has a GCP project."""
    directory = place.gcloud / "configurations"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, clouds in environments.items():
        if "gcp" in clouds:
            write_private(directory / f"config_{name}", _configuration(place, clouds["gcp"]))


def _configuration(place: Place, cloud: Cloud) -> str:
    project = cloud.home.identity
    parser = configparser.RawConfigParser(default_section="")
    parser["core"] = {
        "project": project,
        "custom_ca_certs_file": str(place.directory / "ca.pem"),
        "disable_usage_reporting": "true",
    }
    parser["auth"] = {"access_token_file": str(token_file(place, project))}
    parser["component_manager"] = {"disable_update_check": "true"}
    parser["api_endpoint_overrides"] = dict.fromkeys(APIS, f"{cloud.endpoint}/")
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()
