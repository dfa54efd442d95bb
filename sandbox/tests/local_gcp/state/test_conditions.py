import pytest
from keystead_sandbox.local_gcp.state.conditions import Context, holds, problem
from tests.local_gcp.conftest import DEV, NUMBERS, LocalCloud

NAME = f"projects/{NUMBERS[DEV]}/secrets/checkout-key/versions/3"
KIND = "secretmanager.googleapis.com/SecretVersion"
NOON = 1_795_262_400.0
"""2026-11-21 12:00 UTC, a Saturday."""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('request.time < timestamp("2026-11-21T12:00:01Z")', True),
        ('request.time < timestamp("2026-11-21T12:00:00Z")', False),
        ('resource.name.startsWith("projects/100000000001/secrets/checkout-")', True),
        ('resource.name.startsWith("projects/acme-dev/secrets/checkout-")', False),
        ('resource.name.endsWith("/versions/3") && resource.service == "secretmanager.googleapis.com"', True),
        (f'resource.type == "{KIND}" || resource.type == "other"', True),
        ("request.time.getHours('UTC') >= 9 && request.time.getHours('UTC') < 17", True),
        ("request.time.getDayOfWeek('UTC') >= 1 && request.time.getDayOfWeek('UTC') <= 5", False),
        ("request.time.getHours('America/New_York') == 7", True),
        ("resource.name.extract('secrets/{name}/versions') == 'checkout-key'", True),
        ("api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer'])", True),
        ("resource.unheard == 'x'", False),
    ],
)
def test_a_condition_sees_time_name_type_and_service(expression: str, expected: bool) -> None:
    assert problem(expression) == ""
    assert holds(expression, Context(NOON, NAME, KIND, "secretmanager.googleapis.com")) is expected


@pytest.mark.parametrize("expression", ["request.time <", "origin.ip == '203.0.113.1'", "x" * 13_000])
def test_an_expression_google_would_not_take_has_a_problem(expression: str) -> None:
    assert problem(expression)


def test_a_grant_with_an_end_ends_with_the_clock(own_cloud: LocalCloud) -> None:
    path = own_cloud.secret("brief", "value")
    email = own_cloud.account("brief-reader")
    until = f'request.time < timestamp("{own_cloud.timestamp(3600)}")'
    own_cloud.grant(path, "roles/secretmanager.secretAccessor", f"serviceAccount:{email}", until)
    token = own_cloud.impersonate(email)
    assert own_cloud.read(path, token=token) == "value"
    own_cloud.advance(3601)
    refused = own_cloud.call("GET", f"{path}/versions/latest:access", token=token)
    assert (refused.code, refused.status) == (403, "PERMISSION_DENIED")


def test_a_grant_on_the_project_reaches_only_the_names_it_is_for(cloud: LocalCloud) -> None:
    inside, outside = cloud.secret("checkout-key", "a"), cloud.secret("refund-key", "b")
    email = cloud.account("checkout-reader")
    condition = f'resource.name.startsWith("projects/{NUMBERS[DEV]}/secrets/checkout-")'
    cloud.grant(f"/v1/projects/{DEV}", "roles/secretmanager.secretAccessor", f"serviceAccount:{email}", condition)
    token = cloud.impersonate(email)
    assert cloud.read(inside, token=token) == "a"
    assert cloud.call("GET", f"{outside}/versions/latest:access", token=token).code == 403


def test_a_deleted_account_of_the_same_name_has_no_rights(cloud: LocalCloud) -> None:
    path = cloud.secret("inherited", "value")
    email = cloud.account("phoenix")
    cloud.grant(path, "roles/secretmanager.secretAccessor", f"serviceAccount:{email}")
    token = cloud.impersonate(email)
    cloud.ok("DELETE", f"/v1/projects/{DEV}/serviceAccounts/{email}")
    assert cloud.call("GET", f"{path}/versions/latest:access", token=token).code == 401
    cloud.account("phoenix")
    again = cloud.impersonate(email)
    assert cloud.call("GET", f"{path}/versions/latest:access", token=again).code == 403


def test_a_custom_role_grants_its_permissions_until_it_is_deleted(cloud: LocalCloud) -> None:
    path = cloud.secret("custom", "value")
    email = cloud.account("custom-reader")
    role = {"title": "reads", "includedPermissions": ["secretmanager.versions.access"]}
    cloud.ok("POST", f"/v1/projects/{DEV}/roles", {"roleId": "reads", "role": role})
    cloud.grant(path, f"projects/{DEV}/roles/reads", f"serviceAccount:{email}")
    token = cloud.impersonate(email)
    assert cloud.read(path, token=token) == "value"
    cloud.ok("DELETE", f"/v1/projects/{DEV}/roles/reads")
    assert cloud.call("GET", f"{path}/versions/latest:access", token=token).code == 403


def test_impersonation_needs_the_right_to_make_tokens(cloud: LocalCloud) -> None:
    powerful, weak = cloud.account("powerful"), cloud.account("weak-one")
    path = f"/v1/projects/-/serviceAccounts/{powerful}:generateAccessToken"
    body = {"scope": ["https://www.googleapis.com/auth/cloud-platform"]}
    token = cloud.impersonate(weak)
    assert cloud.call("POST", path, body, token=token).status == "PERMISSION_DENIED"
    cloud.grant(
        f"/v1/projects/{DEV}/serviceAccounts/{powerful}",
        "roles/iam.serviceAccountTokenCreator",
        f"serviceAccount:{weak}",
    )
    assert cloud.call("POST", path, body, token=token).code == 200


def test_permissions_are_tested_without_asking_for_any(cloud: LocalCloud) -> None:
    path = cloud.secret("tested")
    email = cloud.account("tested-reader")
    cloud.grant(path, "roles/secretmanager.viewer", f"serviceAccount:{email}")
    asked = {"permissions": ["secretmanager.secrets.get", "secretmanager.versions.access"]}
    held = cloud.ok("POST", f"{path}:testIamPermissions", asked, token=cloud.impersonate(email))
    assert held == {"permissions": ["secretmanager.secrets.get"]}
