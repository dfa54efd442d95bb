"""The table asks for calls that Google documents."""

from typing import Any

import pytest
from keystead_sandbox.common import discovery
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.policies import AuditConfig, Membership, Target
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from keystead_sandbox.pulumi_provider.previews import fill

ROUTES = discovery.Routes()
SAMPLE = "sample"
Calls = list[tuple[str, str, set[str]]]


def _fill(resource: Resource, template: str) -> str:
    wide = {
        "keyRing": "projects/p/locations/l/keyRings/r",
        "cryptoKeyId": "projects/p/locations/l/keyRings/r/cryptoKeys/k",
        "serviceAccountId": "projects/p/serviceAccounts/a@p.iam.gserviceaccount.com",
        "parent": "accessPolicies/1",
    }
    if resource.type.endswith(":AccessLevel"):
        wide["name"] = "accessPolicies/1/accessLevels/x"
    return fill(template, lambda name: wide.get(name, SAMPLE))


def _collection_calls(resource: Resource, operations: Rest) -> Calls:
    metric = resource.type.endswith(":Metric")
    own = _fill(resource, "projects/{project}/metrics/{name}" if metric else operations.url or resource.id)
    masked = operations.masked and not operations.update_wrap
    if resource.api.startswith("storage") or resource.type.endswith(":IAMCustomRole"):
        masked = False
    made = own if operations.create_verb == "PUT" else _fill(resource, operations.collection)
    found = [(operations.create_verb, made, set(operations.query)), ("GET", own, set())]
    if resource.type != "gcp:kms/keyRing:KeyRing":
        found.append((operations.update_verb, own, {*operations.update_query, *(["updateMask"] if masked else [])}))
    if not operations.remove:
        found.append(("DELETE", own, set(operations.delete_query)))
    return found


def _policy_calls(resource: Resource, target: Target) -> Calls:
    path = _fill(resource, target.path or target.resource)
    if target.asks == "bucket":
        return [("GET", f"{path}/iam", {"optionsRequestedPolicyVersion"}), ("PUT", f"{path}/iam", set())]
    asked = set() if target.asks == "body" else {"options.requestedPolicyVersion"}
    verb = "GET" if target.asks == "query" else "POST"
    return [(verb, f"{path}:getIamPolicy", asked), ("POST", f"{path}:setIamPolicy", set())]


def _calls(resource: Resource) -> Calls:
    """Return verb, path and query parameters of the calls that the table makes."""
    operations = resource.operations
    if isinstance(operations, Rest):
        return _collection_calls(resource, operations)
    return _policy_calls(resource, operations.target) if isinstance(operations, Membership | AuditConfig) else []


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_call_of_the_table_is_in_googles_discovery_documents(type_name: str) -> None:
    resource = RESOURCES[type_name]
    name, _, version = resource.api.partition(".")
    root = f"storage/{version}" if name == "storage" else version
    for verb, path, query in _calls(resource):
        found = ROUTES.match(verb, f"/{root}/{path}")
        assert found, (verb, path)
        method: Any = found[0]
        assert f"{method.api}.{method.version}" == resource.api
        assert query <= set(method.query), (verb, path)
