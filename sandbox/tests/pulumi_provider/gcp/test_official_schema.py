"""The table names properties, blocks and outputs as the official SDK does, and asks for calls that Google documents."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pulumi_gcp
import pytest
from keystead_sandbox.common import discovery
from keystead_sandbox.pulumi_provider.containers import Listing
from keystead_sandbox.pulumi_provider.gcp import configuration, table
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.policies import AuditConfig, Membership, Target
from keystead_sandbox.pulumi_provider.gcp.resource import Resource, fill
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from keystead_sandbox.pulumi_provider.structures import Structure
from keystead_sandbox.pulumi_provider.values import UNKNOWN, Value

SDK = Path(pulumi_gcp.__file__ or "").parent


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


def _file(type_name: str) -> tuple[Path, str]:
    _, module, class_name = type_name.split(":")
    package, _, file = module.partition("/")
    special = {"cryptoKeyIAMMember": "crypto_key_iam_member", "topicIAMMember": "topic_iam_member"}
    special |= {"iAMMember": "iam_member", "iAMCustomRole": "iam_custom_role", "iAMAuditConfig": "iam_audit_config"}
    special |= {"bucketIAMMember": "bucket_iam_member", "subscriptionIAMMember": "subscription_iam_member"}
    return SDK / package / f"{special.get(file) or _snake(file)}.py", class_name


@cache
def _classes(file: Path) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)}


def _getters(node: ast.ClassDef) -> dict[str, str]:
    """Return the properties of a class as Pulumi names them, with their types in the SDK's words."""
    found = {}
    for entry in node.body:
        if isinstance(entry, ast.FunctionDef) and any("property" in ast.unparse(one) for one in entry.decorator_list):
            named = [ast.unparse(one) for one in entry.decorator_list if "name=" in ast.unparse(one)]
            name = named[0].split("name='")[1].split("'")[0] if named else entry.name
            found[name] = ast.unparse(entry.returns) if entry.returns else ""
    return found


def _official(type_name: str) -> tuple[dict[str, str], set[str]]:
    file, class_name = _file(type_name)
    classes = _classes(file)
    return _getters(classes[f"{class_name}Args"]), set(_getters(classes[class_name]))


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_property_of_the_official_provider_is_served_or_refused_by_name(type_name: str) -> None:
    resource = RESOURCES[type_name]
    inputs, outputs = _official(type_name)
    assert set(resource.kinds) | resource.refused == set(inputs)
    assert not set(resource.kinds) & resource.refused
    shown = {name for labels in resource.labels for name in (labels.effective, labels.managed) if name}
    assert set(resource.outputs) | shown | set(resource.kinds) | resource.refused == outputs


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_block_has_the_fields_and_the_shape_of_the_official_one(type_name: str) -> None:
    resource = RESOURCES[type_name]
    inputs, _ = _official(type_name)
    blocks = _classes(_file(type_name)[0].parent / "_inputs.py")
    for name, kind in resource.kinds.items():
        _compare(f"{type_name}.{name}", kind, inputs[name], blocks)


def _compare(where: str, kind: Value, official: str, blocks: dict[str, ast.ClassDef]) -> None:
    is_list = "Sequence[" in official
    assert isinstance(kind, Listing) == is_list, where
    inner = kind.item if isinstance(kind, Listing) else kind
    named = [part for part in official.replace('"', "'").split("'") if part.endswith("Args")]
    assert isinstance(inner, Structure) == bool(named), where
    if isinstance(inner, Structure):
        fields = _getters(blocks[named[0]])
        assert set(inner.fields) <= set(fields), where
        for name, entry in inner.fields.items():
            _compare(f"{where}.{name}", entry.kind, fields[name], blocks)


def test_the_provider_takes_the_settings_of_the_official_one_and_no_others() -> None:
    official = _getters(_classes(SDK / "provider.py")["ProviderArgs"])
    plain = {name for name in official if not configuration.ENDPOINT.fullmatch(name)}
    assert plain == set(configuration.ACCEPTED)
    assert configuration.check(dict.fromkeys(official, UNKNOWN)) == []


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


def test_the_reader_of_the_sdk_sees_what_it_should() -> None:
    inputs, outputs = _official("gcp:kms/cryptoKey:CryptoKey")
    assert {"keyRing", "rotationPeriod", "deletionPolicy"} <= set(inputs)
    assert {"primaries", "pulumiLabels"} <= outputs
    assert len(table.RESOURCES) == 30
