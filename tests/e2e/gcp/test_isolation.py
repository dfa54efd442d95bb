"""Isolation on GCP, proved against the enforcing emulator: every role against every secret, while time goes by."""

import datetime as dt
import json
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from keystead.restrictions.hours import Hours
from keystead.restrictions.restriction import Call
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import load
from tests.google_client import Forbidden, GoogleCallError, GoogleClient

from tests.e2e.conftest import User
from tests.e2e.gcp.callers import Project
from tests.e2e.gcp_project import NOBODY, SCOPE, Answer
from tests.e2e.landscape import ENVIRONMENTS, ROOT

ACCESS = "secretmanager.versions.access"
BECOME = "iam.serviceAccounts.getAccessToken"
PAIRS = list(permutations(ENVIRONMENTS, 2))
SPECS = {environment: load(environment, ROOT / "stacks") for environment in ENVIRONMENTS}


@pytest.fixture(scope="module")
def projects(full_landscape: User) -> dict[str, Project]:
    """All three, each secret of theirs with a value."""
    sandbox = full_landscape.sandbox
    for environment in ENVIRONMENTS:
        sandbox.must("keystead", "secret", "put", "market-data-key", "--env", environment, given=f"of-{environment}")
    return {environment: Project(sandbox, environment) for environment in ENVIRONMENTS}


def test_a_value_that_a_person_brought_is_read_and_until_then_its_secret_waits(
    full_landscape: User, projects: dict[str, Project]
) -> None:
    for environment, project in projects.items():
        before = {one["name"]: one["state"] for one in full_landscape.shown[environment]["secrets"]}
        breaker = project.impersonate(project.outputs["roles"]["break-glass"])
        assert before["market-data-key"] == "waiting"
        assert project.read("market-data-key", breaker) == f"of-{environment}"


def permitted(spec: EnvironmentSpec, role: str, secret: str, time: dt.datetime) -> bool:
    """What the spec says of one call, without looking at any policy."""
    if role == "break-glass":
        return True
    reader = role.removesuffix("-reader")
    if reader == role or reader not in spec.secrets[secret].readers_on("gcp"):
        return False
    restriction = spec.restriction_of(secret, reader, "gcp")
    return restriction is None or restriction.permits(Call(time=time, tls="1.3"))


def tokens(project: Project) -> dict[str, str]:
    """A token of every role that people and workloads can take."""
    return {role: project.impersonate(email) for role, email in project.outputs["roles"].items() if role != "rotator"}


def outcome(client: GoogleClient, version: str) -> str:
    """`read`, or why not."""
    try:
        return "read" if client.access_secret_version(name=version).payload.data else "empty"
    except GoogleCallError as error:
        return type(error).__name__


def outcomes(project: Project) -> dict[tuple[str, str], str]:
    """What every role gets of every secret, with Google's client."""
    found = {}
    for role, token in tokens(project).items():
        client = project.secrets(token)
        for secret in SPECS[project.environment].secrets_on("gcp"):
            found[role, secret] = outcome(client, project.version(secret))
    return found


def until_the_other_side(hours: Hours, now: dt.datetime) -> int:
    """Minutes until a window that is open is closed, or the other way round, and some more."""
    steps = range(0, 8 * 24 * 60, 30)
    return next(minutes for minutes in steps if hours.cover(now + dt.timedelta(minutes=minutes)) != hours.cover(now))


def refusal(answer: Answer) -> tuple[Any, ...]:
    """A refusal as Google words it: status, code, canonical code, reason and the permission that lacks."""
    error = answer.body["error"]
    (info,) = error["details"]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    return answer.code, error["code"], error["status"], info["reason"], info["metadata"].get("permission")


def denied(permission: str) -> tuple[Any, ...]:
    return 403, 403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED", permission


def test_each_role_reads_exactly_what_the_spec_says_by_day_and_by_night(projects: dict[str, Project]) -> None:
    dev = projects["dev"]
    trading = SPECS["dev"].restrictions["trading-days"].hours
    assert trading is not None
    wrong: list[Any] = []
    desk: dict[str, set[str]] = {environment: set() for environment in ENVIRONMENTS}
    for length in ("", "12h", "other side"):
        if length:
            other = f"{until_the_other_side(trading, dev.now())}m"
            dev.sandbox.sandbox("advance", other if length == "other side" else length)
        for environment, project in projects.items():
            before = project.now()
            found = outcomes(project)
            moments = before, project.now()
            for (role, secret), result in found.items():
                expected = {permitted(SPECS[environment], role, secret, moment) for moment in moments}
                if result not in {"read" if one else "Forbidden" for one in expected}:
                    wrong.append((environment, role, secret, before, expected, result))
            assert {role for role, _ in found} == {*project.outputs["roles"]} - {"rotator"}
            desk[environment].add(found["finance-desk-reader", "market-data-key"])
    assert wrong == []
    assert all(seen == {"read", "Forbidden"} for seen in desk.values()), desk


def test_a_role_of_one_environment_is_refused_in_every_other(projects: dict[str, Project]) -> None:
    for own, other in PAIRS:
        for role, token in tokens(projects[own]).items():
            for secret in (*SPECS[other].secrets_on("gcp"), "a-secret-that-is-not-there"):
                found = refusal(projects[other].access(secret, token))
                assert found == denied(ACCESS), (own, role, other, secret)
            with pytest.raises(Forbidden) as refused:
                projects[other].read("forecast-api-token", token)
            assert refused.value.reason == "IAM_PERMISSION_DENIED"


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_who_deploys_one_environment_is_refused_in_every_other(
    projects: dict[str, Project], own: str, other: str
) -> None:
    there = projects[other]
    accounts = f"/v1/projects/{there.id}/serviceAccounts"
    calls: dict[str, tuple[str, str, Any]] = {
        ACCESS: ("GET", f"/v1/{there.version('warehouse-salt')}:access", None),
        "secretmanager.secrets.list": ("GET", f"/v1/projects/{there.id}/secrets", None),
        "secretmanager.secrets.delete": ("DELETE", f"/v1/projects/{there.id}/secrets/{other}-warehouse-salt", None),
        "cloudkms.cryptoKeys.get": ("GET", f"/v1/{there.outputs['keys']['data']['path']}", None),
        "resourcemanager.projects.setIamPolicy": (
            "POST",
            f"/v1/projects/{there.id}:setIamPolicy",
            {"policy": {"bindings": []}},
        ),
        "iam.serviceAccounts.list": ("GET", accounts, None),
        "iam.serviceAccountKeys.create": ("POST", f"{accounts}/{there.outputs['roles']['break-glass']}/keys", {}),
    }
    for permission, (http, path, body) in calls.items():
        answer = there.call(http, path, body, token=projects[own].deployer)
        assert refusal(answer) == denied(permission), (permission, answer.body)
    for role, email in there.outputs["roles"].items():
        assert refusal(become(there, email, projects[own].deployer)) == denied(BECOME), role


def become(project: Project, email: str, token: str) -> Answer:
    """Ask for a token of an account."""
    path = f"/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
    return project.call("POST", path, {"scope": [SCOPE]}, token=token)


def test_no_role_becomes_another(projects: dict[str, Project]) -> None:
    prod = projects["prod"]
    for role, token in tokens(prod).items():
        for other, email in prod.outputs["roles"].items():
            assert refusal(become(prod, email, token)) == denied(BECOME), (role, other)


def test_a_reader_has_an_account_on_the_clouds_it_reads_from_and_on_no_other(projects: dict[str, Project]) -> None:
    project, spec = projects["prod"], SPECS["prod"]
    listed = project.ok("GET", f"/v1/projects/{project.id}/serviceAccounts?pageSize=100")
    accounts = {one["email"] for one in listed["accounts"]}
    roles = {one["RoleName"] for one in project.sandbox.client("prod", "iam").list_roles()["Roles"]}
    for reader in {*spec.readers("aws"), *spec.readers("gcp")}:
        assert (spec.scope("gcp").account_email(reader) in accounts) is (reader in spec.readers("gcp")), reader
        assert (spec.scope("aws").reader_role(reader) in roles) is (reader in spec.readers("aws")), reader
    assert {"prod-checkout-reader", "prod-finance-desk-reader"} <= roles
    assert "prod-forecast-reader" not in roles
    assert f"prod-checkout@{project.id}.iam.gserviceaccount.com" not in accounts


def test_the_audit_log_tells_the_auditor_who_read_what_and_who_was_refused(projects: dict[str, Project]) -> None:
    prod = projects["prod"]
    auditor = prod.impersonate(prod.outputs["roles"]["auditor"])
    accounts, wanted = prod.outputs["roles"], 'protoPayload.methodName:"AccessSecretVersion"'
    old = {entry["insertId"] for entry in prod.entries(wanted, token=auditor)}
    asked = outcomes(prod)
    new = [entry for entry in prod.entries(wanted, token=auditor) if entry["insertId"] not in old]
    expected = Counter(
        (accounts[role], SPECS["prod"].scope("gcp").secret_path(secret), result == "read")
        for (role, secret), result in asked.items()
    )
    assert Counter(access(entry) for entry in new if access(entry)[0] != accounts["rotator"]) == expected
    assert {entry["logName"] for entry in new} == {f"projects/{prod.id}/logs/cloudaudit.googleapis.com%2Fdata_access"}
    assert {entry["protoPayload"]["status"]["code"] for entry in new if "status" in entry["protoPayload"]} == {7}
    assert prod.read("market-data-key", prod.impersonate(accounts["break-glass"])) not in json.dumps(new)


def access(entry: dict[str, Any]) -> tuple[str, str, bool]:
    """Who asked for the value of which secret, and whether it was granted."""
    payload = entry["protoPayload"]
    (asked,) = payload["authorizationInfo"]
    assert asked["permission"] == ACCESS
    assert asked["granted"] is ("status" not in payload)
    secret = payload["resourceName"].partition("/versions/")[0]
    return payload["authenticationInfo"]["principalEmail"], secret, asked["granted"]


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize(
    ("token", "reason"), [(NOBODY, "CREDENTIALS_MISSING"), ("ya29.guessed", "ACCESS_TOKEN_EXPIRED")]
)
def test_nobody_in_particular_is_turned_away(projects: dict[str, Project], token: str, reason: str, tls: bool) -> None:
    for project in projects.values():
        answer = project.call("GET", f"/v1/{project.version('warehouse-salt')}:access", token=token, tls=tls)
        assert refusal(answer) == (401, 401, "UNAUTHENTICATED", reason, None)
