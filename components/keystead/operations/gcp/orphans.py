"""Finds what GCP holds under an environment's names and its spec does not know."""

from collections.abc import Callable, Iterator
from typing import Any

from keystead.operations.inventory import Orphan
from keystead.spec.environment import EnvironmentSpec

PAGE = "1000"
"""Largest page of keys; Secret Manager allows more."""

Ask = Callable[..., dict[str, Any] | None]
"""Calls a method by permission, service, path and query; None where what is asked for does not exist."""


def orphaned_secrets(spec: EnvironmentSpec, ask: Ask) -> list[Orphan]:
    """Return the secrets under the environment's prefix that are not in the spec."""
    scope = spec.scope("gcp")
    known = {scope.secret_name(name) for name in spec.secrets_on("gcp")}
    listed = _pages(ask, "secretmanager.secrets.list", "secretmanager", f"v1/projects/{scope.project}/secrets")
    found = {str(one["name"]).rpartition("/")[2] for page in listed for one in page.get("secrets", [])}
    return [Orphan("secret", name) for name in sorted(found - known) if name.startswith(scope.secret_name(""))]


def orphaned_keys(spec: EnvironmentSpec, ask: Ask, usable: Callable[[dict[str, Any]], bool]) -> list[Orphan]:
    """Return the keys in the environment's rings that are not in the spec and still `usable`: none can be deleted."""
    scope = spec.scope("gcp")
    known = {scope.key_path(name, location) for name in spec.keys_on("gcp") for location in scope.regions}
    found: list[Orphan] = []
    for location in scope.regions:
        path = f"v1/{scope.key_ring_path(location)}/cryptoKeys"
        for page in _pages(ask, "cloudkms.cryptoKeys.list", "cloudkms", path):
            found += [
                Orphan("key", key["name"])
                for key in page.get("cryptoKeys", [])
                if key["name"] not in known and key["name"].startswith(scope.key_path("", location)) and usable(key)
            ]
    return found


def _pages(ask: Ask, action: str, service: str, path: str) -> Iterator[dict[str, Any]]:
    query = {"pageSize": PAGE}
    while page := ask(action, service, path, **query):
        yield page
        if not page.get("nextPageToken"):
            return
        query["pageToken"] = page["nextPageToken"]
