"""What wrong calls are answered that are not about one collection alone: status and shape, with Google's words."""

import urllib.error
from typing import Any

import pytest
from keystead_sandbox.local_gcp.api.enum_numbers import irregular
from tests.google_client import numbers
from tests.local_gcp.conftest import DEV, NUMBERS, PROD, LocalCloud

SECRETS = f"/v1/projects/{DEV}/secrets"
RINGS = f"/v1/projects/{DEV}/locations/global/keyRings"
AUTOMATIC: dict[str, Any] = {"replication": {"automatic": {}}}

WRONG: list[tuple[str, str, str, Any, int, str, str]] = [
    ("nested unknown field", "POST", f"{SECRETS}?secretId=x", {"replication": {"auto": {}}}, 400, "INVALID_ARGUMENT",
     "Unknown name \"auto\" at 'secret.replication': Cannot find field."),
    ("unknown query", "POST", f"{SECRETS}?secretId=x&hue=1", AUTOMATIC, 400, "INVALID_ARGUMENT",
     'Unknown name "hue": Cannot bind query parameter.'),
    ("wrong type", "POST", f"{SECRETS}?secretId=x", {**AUTOMATIC, "labels": "a"}, 400, "INVALID_ARGUMENT",
     "Invalid value at 'secret.labels'"),
    ("wrong duration", "POST", f"{SECRETS}?secretId=x", {**AUTOMATIC, "ttl": "1d"}, 400, "INVALID_ARGUMENT",
     "Invalid value at 'secret.ttl' (type.googleapis.com/google.protobuf.Duration)"),
    ("no json", "POST", f"{SECRETS}?secretId=x", b"{", 400, "INVALID_ARGUMENT", "Invalid JSON payload received."),
    ("missing id", "POST", SECRETS, AUTOMATIC, 400, "INVALID_ARGUMENT", "secret_id is required"),
    ("bad name", "POST", f"{SECRETS}?secretId=a.b", AUTOMATIC, 400, "INVALID_ARGUMENT", "Invalid resource id 'a.b'"),
    ("bad label", "POST", f"{SECRETS}?secretId=x", {**AUTOMATIC, "labels": {"A": "b"}}, 400, "INVALID_ARGUMENT",
     "Invalid label"),
    ("missing resource", "GET", f"{SECRETS}/nothing", None, 404, "NOT_FOUND",
     f"Secret [projects/{NUMBERS[DEV]}/secrets/nothing] not found."),
    ("missing location", "POST", f"/v1/projects/{DEV}/locations/moon/keyRings?keyRingId=x", {}, 404, "NOT_FOUND",
     "Location 'moon'"),
    ("unknown mask", "PATCH", f"{SECRETS}/fidelity?updateMask=colour", {"labels": {}}, 400, "INVALID_ARGUMENT",
     "unknown field 'colour'"),
    ("immutable field", "PATCH", f"{SECRETS}/fidelity?updateMask=replication", {"replication": {"userManaged": {}}},
     400, "INVALID_ARGUMENT", "immutable"),
    ("read-only mask", "PATCH", f"{SECRETS}/fidelity?updateMask=createTime", {"labels": {}}, 400, "INVALID_ARGUMENT",
     "output only"),
    ("rotation without a topic", "POST", f"{SECRETS}?secretId=x",
     {**AUTOMATIC, "rotation": {"nextRotationTime": "2099-01-01T00:00:00Z"}}, 400, "INVALID_ARGUMENT",
     "Secret.topics must be set to configure rotation."),
    ("ring is never deleted", "DELETE", f"{RINGS}/fidelity", None, 501, "UNIMPLEMENTED", "stay"),
    ("served by google only", "POST", f"{SECRETS}/fidelity:rotateSecret", {}, 501, "UNIMPLEMENTED", "does not serve"),
    ("unknown role", "POST", f"{SECRETS}/fidelity:setIamPolicy",
     {"policy": {"bindings": [{"role": "roles/king", "members": ["user:a@example.com"]}]}}, 400, "INVALID_ARGUMENT",
     "Role roles/king is not supported"),
    ("unknown account", "POST", f"{SECRETS}/fidelity:setIamPolicy",
     {"policy": {"bindings": [{"role": "roles/viewer", "members": ["serviceAccount:no@x.example"]}]}}, 400,
     "INVALID_ARGUMENT", "Service account no@x.example does not exist."),
    ("stale policy", "POST", f"{SECRETS}/fidelity:setIamPolicy", {"policy": {"etag": "AAAA", "bindings": []}}, 409,
     "ABORTED", "There were concurrent policy changes."),
    ("condition in an old policy", "POST", f"{SECRETS}/fidelity:setIamPolicy",
     {"policy": {"version": 1, "bindings": [{"role": "roles/secretmanager.viewer", "members": ["user:a@example.com"],
                                             "condition": {"title": "t", "expression": "true"}}]}}, 400,
     "INVALID_ARGUMENT", "version is lower than 3"),
    ("condition that is no CEL", "POST", f"{SECRETS}/fidelity:setIamPolicy",
     {"policy": {"version": 3, "bindings": [{"role": "roles/secretmanager.viewer", "members": ["user:a@example.com"],
                                             "condition": {"title": "t", "expression": "request.time <"}}]}}, 400,
     "INVALID_ARGUMENT", "compilation failed"),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def present(cloud: LocalCloud) -> None:
    cloud.secret("fidelity")
    cloud.ok("POST", f"{RINGS}?keyRingId=fidelity", {})


@pytest.mark.parametrize(
    ("http", "path", "body", "code", "status", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_wrong_call_is_answered_as_google_answers_it(
    cloud: LocalCloud, http: str, path: str, body: Any, code: int, status: str, words: str
) -> None:
    answer = cloud.call(http, path, body)
    assert answer.code == code, answer.body
    error = answer.body["error"]
    assert (error["code"], error["status"]) == (code, status)
    assert words in error["message"]


def test_every_violation_is_named_at_once(cloud: LocalCloud) -> None:
    answer = cloud.call("POST", f"{SECRETS}?secretId=x", {"a": 1, "b": 2})
    (details,) = answer.body["error"]["details"]
    assert details["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert len(details["fieldViolations"]) == 2


def test_an_output_only_field_is_ignored(cloud: LocalCloud) -> None:
    made = cloud.ok("POST", f"{SECRETS}?secretId=output-only", {**AUTOMATIC, "createTime": "2000-01-01T00:00:00Z"})
    assert not made["createTime"].startswith("2000")


def test_a_missing_permission_is_named_with_its_resource(cloud: LocalCloud) -> None:
    answer = cloud.call("GET", f"{SECRETS}/fidelity", project=PROD)
    assert (answer.code, answer.status) == (403, "PERMISSION_DENIED")
    (details,) = answer.body["error"]["details"]
    assert details["reason"] == "IAM_PERMISSION_DENIED"
    assert details["metadata"]["permission"] == "secretmanager.secrets.get"


@pytest.mark.parametrize("token", ["", "ya29.nobody"])
def test_without_a_token_of_the_sandbox_nothing_is_answered(cloud: LocalCloud, token: str) -> None:
    answer = cloud.call("GET", f"{SECRETS}/fidelity", token=token)
    assert (answer.code, answer.status) == (401, "UNAUTHENTICATED")


def test_a_path_google_does_not_serve_is_answered_with_a_page(cloud: LocalCloud) -> None:
    answer = cloud.call("GET", f"/v1/projects/{DEV}/secretz")
    assert answer.code == 404
    assert "was not found on this server" in answer.body


def test_a_service_that_is_not_enabled_is_refused_with_where_to_enable_it(cloud: LocalCloud) -> None:
    cloud.ok("POST", f"/v1/projects/{PROD}/services/cloudscheduler.googleapis.com:disable", {}, project=PROD)
    answer = cloud.call("GET", f"/v1/projects/{PROD}/locations/us-east1/jobs", project=PROD)
    assert (answer.code, answer.status) == (403, "PERMISSION_DENIED")
    assert answer.body["error"]["details"][0]["reason"] == "SERVICE_DISABLED"


def test_lists_come_in_pages_and_are_filtered(cloud: LocalCloud) -> None:
    for number in range(5):
        cloud.secret(f"page-{number}", labels={"round": str(number % 2)})
    first = cloud.ok("GET", f"{SECRETS}?filter=name:page-&pageSize=3")
    second = cloud.ok("GET", f"{SECRETS}?filter=name:page-&pageSize=3&pageToken={first['nextPageToken']}")
    assert [len(first["secrets"]), len(second["secrets"])] == [3, 2]
    odd = cloud.ok("GET", f"{SECRETS}?filter=labels.round=1%20AND%20name:page-")
    assert len(odd["secrets"]) == 2


def test_an_update_changes_what_its_mask_names_and_nothing_else(cloud: LocalCloud) -> None:
    cloud.secret("masked", labels={"a": "1"}, annotations={"k": "v"})
    body = {"labels": {"a": "2"}, "annotations": {}}
    changed = cloud.ok("PATCH", f"{SECRETS}/masked?updateMask=labels", body)
    assert (changed["labels"], changed["annotations"]) == ({"a": "2"}, {"k": "v"})


def test_enum_numbers_are_those_of_googles_clients() -> None:
    known = {
        "CRYPTO_KEY_PURPOSE_UNSPECIFIED": "CryptoKeyPurpose",
        "CRYPTO_KEY_VERSION_STATE_UNSPECIFIED": "CryptoKeyVersionState",
        "CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED": "CryptoKeyVersionAlgorithm",
        "SECRET_TYPE_UNSPECIFIED": "SecretType",
    }
    assert set(known) == set(irregular())
    for first, values in irregular().items():
        names = {number: name for name, number in numbers(known[first]).items()}
        assert {number: names[number] for number in values} == values


@pytest.mark.parametrize("question", ["status", "advance"])
def test_only_callers_with_the_control_token_move_the_clock(cloud: LocalCloud, question: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        cloud.ask(question, {"to": 10} if question == "advance" else None, token="wrong")
    with refused.value:
        assert refused.value.code == 403
