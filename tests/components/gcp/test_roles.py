"""Roles: each the least that works."""

import pytest
from keystead.gcp import role_policy
from keystead.gcp.grants import CustomRole
from keystead.gcp.trust import trust

from tests.components.gcp.provisioned import SHOP, Provisioned, provision

PROJECT_GRANT = "projects/iAMMember:IAMMember"
OWN_SECRETS = 'resource.name.startsWith("projects/300000000003/secrets/prod-")'


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision(SHOP)


def member(role: str) -> str:
    return f"serviceAccount:prod-{role}@acme-prod.iam.gserviceaccount.com"


def custom(role: str) -> str:
    return f"projects/acme-prod/roles/keystead_prod_{role}"


def test_every_role_is_an_account_of_the_environment(prod: Provisioned) -> None:
    accounts = {one.inputs["accountId"] for one in prod.of("serviceaccount/account:Account").values()}
    roles = {"api", "worker", "administrator", "auditor", "break-glass"}
    rotation = {"rotator", "rotation-push", "rotation-sweep", "rotator-build"}
    assert accounts == {f"prod-{one}" for one in roles | rotation}


def test_a_reader_has_nothing_in_the_project_as_a_whole(prod: Provisioned) -> None:
    assert prod.grants(PROJECT_GRANT, member("api")) == set()


def test_the_rotator_rotates_every_secret_of_the_environment_and_nothing_else(prod: Provisioned) -> None:
    assert prod.grants(PROJECT_GRANT, member("rotator")) == {(custom("rotator"), OWN_SECRETS), (custom("sweep"), "")}
    assert role_policy.SWEEP.permissions == ("secretmanager.secrets.list",)


def test_the_administrator_manages_the_environments_secrets_and_lists(prod: Provisioned) -> None:
    granted = prod.grants(PROJECT_GRANT, member("administrator"))
    assert granted == {(custom("administrator"), OWN_SECRETS), (custom("lister"), "")}


def test_the_auditor_sees_settings_and_the_records_of_who_read_what(prod: Provisioned) -> None:
    assert prod.grants(PROJECT_GRANT, member("auditor")) == {
        ("roles/secretmanager.viewer", OWN_SECRETS),
        (custom("auditor"), ""),
        ("roles/logging.privateLogViewer", ""),
    }


def test_break_glass_reads_every_secret_of_the_environment_and_only_there(prod: Provisioned) -> None:
    assert prod.grants(PROJECT_GRANT, member("break-glass")) == {
        ("roles/secretmanager.secretAccessor", OWN_SECRETS),
        ("roles/secretmanager.viewer", OWN_SECRETS),
        (custom("lister"), ""),
    }


def test_only_the_rotators_custom_role_reaches_values(prod: Provisioned) -> None:
    roles = {
        name: set(one.inputs["permissions"]) for name, one in prod.of("projects/iAMCustomRole:IAMCustomRole").items()
    }
    assert roles.keys() == {"administrator", "auditor", "lister", "rotator", "sweep"}
    reaching = {name for name, granted in roles.items() if "secretmanager.versions.access" in granted}
    writing = {name for name, granted in roles.items() if "secretmanager.versions.add" in granted}
    assert (reaching, writing) == ({"rotator"}, {"rotator"})


@pytest.mark.parametrize("role", [role_policy.MANAGE, role_policy.AUDIT, role_policy.LIST, role_policy.ROTATE])
def test_no_custom_role_gives_rights_on_or_deletes_a_secret(role: CustomRole) -> None:
    assert not [one for one in role.permissions if one.endswith((".setIamPolicy", "secrets.delete", "*"))]


def test_the_auditor_changes_nothing(prod: Provisioned) -> None:
    verbs = {one.rpartition(".")[2] for one in role_policy.AUDIT.permissions}
    assert verbs == {"get", "getIamPolicy", "list"}


def test_custom_roles_are_there_before_they_are_granted(prod: Provisioned) -> None:
    order = [one.urn for one in prod.resources]
    made = max(order.index(one.urn) for one in prod.of("projects/iAMCustomRole:IAMCustomRole").values())
    granted = [one for one in prod.of(PROJECT_GRANT).values() if "/roles/keystead_" in one.inputs["role"]]
    assert granted
    assert all(order.index(one.urn) > made for one in granted)


@pytest.mark.parametrize(
    ("principal", "role"),
    [
        ("user:ada@acme.example", "roles/iam.serviceAccountTokenCreator"),
        ("group:api@acme.example", "roles/iam.serviceAccountTokenCreator"),
        ("serviceAccount:ci@acme-prod.iam.gserviceaccount.com", "roles/iam.serviceAccountTokenCreator"),
        (
            "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/api",
            "roles/iam.workloadIdentityUser",
        ),
        (
            "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/group/api",
            "roles/iam.workloadIdentityUser",
        ),
    ],
)
def test_who_is_trusted_may_act_as_the_account_in_the_way_of_its_kind(principal: str, role: str) -> None:
    (grant,) = trust([principal, "arn:aws:iam::123456789012:role/app", "ecs-tasks.amazonaws.com"])
    assert (grant.member, grant.role) == (principal, role)


def test_trust_of_a_reader_is_on_its_own_account_alone(prod: Provisioned) -> None:
    (grant,) = [
        one
        for one in prod.of("serviceaccount/iAMMember:IAMMember").values()
        if one.inputs["member"] == "group:api@acme.example"
    ]
    assert grant.inputs["serviceAccountId"] == "projects/-/prod-api@acme-prod.iam.gserviceaccount.com"


def test_nobody_is_granted_a_basic_role_and_nothing_is_open_to_everybody(prod: Provisioned) -> None:
    grants = [one.inputs for one in prod.resources if one.type.endswith(("IAMMember", "IamMember"))]
    assert grants
    assert not {one["role"] for one in grants} & {"roles/owner", "roles/editor", "roles/viewer"}
    assert not {one["member"] for one in grants} & {"allUsers", "allAuthenticatedUsers"}


def test_grants_add_to_policies_and_never_replace_those_of_others(prod: Provisioned) -> None:
    assert not [one.type for one in prod.resources if one.type.endswith(("Binding", "IAMPolicy", "IamPolicy"))]
