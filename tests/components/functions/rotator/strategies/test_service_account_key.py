"""Keys of a service account: one a rotation, none forgotten by it, none deleted that it did not make."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.rotator.gcp import RotatorFunction
from keystead.functions.rotator.settings import CloudSettings, RotatorSettings, SecretSettings
from keystead.functions.rotator.strategies import build
from keystead.functions.rotator.strategies.service_account_key import MOST_KEYS, ServiceAccountKeyRotator
from keystead.functions.shared import clock
from keystead.functions.shared.errors import ApiError, RefusedError, SettingsError, VerificationError
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.redaction import Sensitive

from tests.components.functions.memory import START, MemoryStore, World

ACCOUNT = "upload@acme-prod.iam.gserviceaccount.com"
KEYS = f"v1/projects/-/serviceAccounts/{ACCOUNT}/keys"
BEGIN = "-----BEGIN " + "PRIVATE KEY-----\n"
"""In two pieces: a whole one counts as key material where tracked files are searched for it."""


class FakeIam:
    """The keys of one account."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, Any]] = {}
        self.made = 0
        self.asked: list[tuple[str, bool]] = []

    def call(
        self,
        http: str,
        service: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        repeat: bool = True,
    ) -> dict[str, Any]:
        assert service == "iam"
        self.asked.append((http, repeat))
        identifier = path.removeprefix(KEYS).removeprefix("/")
        if http == "POST":
            assert body == {}
            return self._create()
        if not identifier:
            assert query == {"keyTypes": "USER_MANAGED"}
            return {"keys": list(self.keys.values())} if self.keys else {}
        if identifier not in self.keys:
            raise ApiError("iam", 404, "NOT_FOUND")
        return self.keys.pop(identifier) if http == "DELETE" else self.keys[identifier]

    def _create(self) -> dict[str, Any]:
        self.made += 1
        identifier = f"{self.made:040x}"
        self.keys[identifier] = {"name": f"{KEYS}/{identifier}", "validBeforeTime": "2039-12-30T00:00:00Z"}
        file = {
            "type": "service_account",
            "private_key_id": identifier,
            "private_key": f"{BEGIN}canary\n-----END PRIVATE KEY-----\n",
            "client_email": ACCOUNT,
        }
        return {**self.keys[identifier], "privateKeyData": base64.b64encode(json.dumps(file).encode()).decode()}


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> FakeIam:
    monkeypatch.setattr(clock, "now", lambda: START)
    return FakeIam()


@pytest.fixture
def rotator(iam: FakeIam) -> ServiceAccountKeyRotator:
    return ServiceAccountKeyRotator(ACCOUNT, iam)


def identifier(value: Sensitive) -> str:
    return str(json.loads(value.reveal())["private_key_id"])


def test_the_value_is_the_key_file_that_google_answers(iam: FakeIam, rotator: ServiceAccountKeyRotator) -> None:
    value = rotator.create(lambda: None)
    assert json.loads(value.reveal())["client_email"] == ACCOUNT
    assert set(iam.keys) == {identifier(value)}
    assert rotator.fits(value)
    rotator.apply(value, lambda: None)
    rotator.verify(value)


def test_making_a_key_is_never_repeated_where_the_first_try_may_have_made_one(
    iam: FakeIam, rotator: ServiceAccountKeyRotator
) -> None:
    rotator.create(lambda: None)
    assert iam.asked == [("GET", True), ("POST", False)]


def test_the_previous_key_is_deleted_and_no_other_also_when_asked_again(
    iam: FakeIam, rotator: ServiceAccountKeyRotator
) -> None:
    old, new = rotator.create(lambda: None), rotator.create(lambda: None)
    iam.keys["by-hand"] = {}
    rotator.retire(lambda: old)
    rotator.retire(lambda: old)
    rotator.retire(lambda: None)
    assert set(iam.keys) == {identifier(new), "by-hand"}


def test_a_key_that_could_not_be_stored_is_deleted(iam: FakeIam, rotator: ServiceAccountKeyRotator) -> None:
    rotator.abandon(rotator.create(lambda: None))
    assert iam.keys == {}


def test_an_account_with_too_many_keys_gets_no_more_and_says_what_to_do(
    iam: FakeIam, rotator: ServiceAccountKeyRotator
) -> None:
    for _ in range(MOST_KEYS):
        rotator.create(lambda: None)
    with pytest.raises(RefusedError, match=f"{ACCOUNT} has 7 user-managed keys, .*; delete those that no secret holds"):
        rotator.create(lambda: None)
    assert len(iam.keys) == MOST_KEYS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"disabled": True}, "is disabled"),
        ({"validBeforeTime": "2029-12-31T23:59:59Z"}, "expired on 2029-12-31"),
        (None, "has no key 0"),
    ],
    ids=["disabled", "expired", "gone"],
)
def test_a_key_that_does_not_work_is_not_verified(
    iam: FakeIam, rotator: ServiceAccountKeyRotator, change: dict[str, Any] | None, reason: str
) -> None:
    value = rotator.create(lambda: None)
    if change is None:
        iam.keys.clear()
    else:
        iam.keys[identifier(value)].update(change)
    with pytest.raises(VerificationError, match=reason):
        rotator.verify(value)


FILE = {"client_email": ACCOUNT, "private_key_id": "0", "private_key": BEGIN}


@pytest.mark.parametrize(
    "value",
    [
        "canary",
        "[]",
        json.dumps({**FILE, "client_email": "other@acme-prod.iam.gserviceaccount.com"}),
        json.dumps({**FILE, "private_key_id": "../keys/0"}),
        json.dumps({**FILE, "private_key": "canary"}),
    ],
)
def test_what_is_not_a_key_file_of_the_account_is_neither_verified_nor_deletes_anything(
    iam: FakeIam, rotator: ServiceAccountKeyRotator, value: str
) -> None:
    with pytest.raises(VerificationError, match=f"the pending value is not a key file of {ACCOUNT}"):
        rotator.verify(Sensitive(value))
    rotator.retire(lambda: Sensitive(value))
    assert iam.asked == []


def test_iams_own_refusals_stay_errors(rotator: ServiceAccountKeyRotator, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> dict[str, Any]:
        raise ApiError("GET iam.keys", 403, "PERMISSION_DENIED")

    value = rotator.create(lambda: None)
    monkeypatch.setattr(FakeIam, "call", refuse)
    with pytest.raises(ApiError, match="403 PERMISSION_DENIED"):
        rotator.verify(value)
    with pytest.raises(ApiError, match="403 PERMISSION_DENIED"):
        rotator.retire(lambda: value)


def test_it_is_known_on_gcp_alone_and_needs_an_account(tmp_path: Path) -> None:
    entry = SecretSettings("service-account-key", 2, 1)
    with pytest.raises(SettingsError, match="unknown rotator 'service-account-key'; known here: external, manual, ran"):
        build(entry, tmp_path)
    settings = RotatorSettings("prod", CloudSettings("acme-prod", "us-east1", "300000000003"), {"prod-key": entry})
    with pytest.raises(SettingsError, match="rotator 'service-account-key' needs a service account"):
        RotatorFunction(settings, MemoryStore(World()), Api(None))


class ForbidsKeys(FakeIam):
    """IAM in an organisation whose policy forbids keys."""

    def _create(self) -> dict[str, Any]:
        raise ApiError("iam.projects.serviceAccounts.keys.create", 400, "FAILED_PRECONDITION")


def test_where_the_organisation_forbids_keys_the_policy_is_named() -> None:
    rotator = ServiceAccountKeyRotator(ACCOUNT, ForbidsKeys())
    with pytest.raises(RefusedError, match=r"constraints/iam\.disableServiceAccountKeyCreation.*federation"):
        rotator.create(lambda: None)
