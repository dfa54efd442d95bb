"""Secrets: encrypted where they lie, announced to the rotator that is already there, read by those named, no value."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.components.gcp.provisioned import SHOP, Provisioned, Resource, provision
from tests.components.mocked_engine import STASH

SECRET = "secretmanager/secret:Secret"
GRANT = "secretmanager/secretIamMember:SecretIamMember"


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision(SHOP)


def before(prod: Provisioned, secret: str) -> list[Resource]:
    """Everything that must be there before a secret is made."""
    urns = prod.before(prod.of(SECRET)[secret])
    return [one for one in prod.resources if one.urn in urns]


def test_names_carry_the_environment(prod: Provisioned) -> None:
    assert {one.inputs["secretId"] for one in prod.of(SECRET).values()} == {"prod-db-password", "prod-card-key"}


def test_every_replica_is_encrypted_by_the_key_of_its_location(prod: Provisioned) -> None:
    replicas = prod.of(SECRET)["db-password"].inputs["replication"]["userManaged"]["replicas"]
    keys = {one["location"]: one["customerManagedEncryption"]["kmsKeyName"] for one in replicas}
    assert keys == {
        location: f"projects/acme-prod/locations/{location}/keyRings/prod/cryptoKeys/data"
        for location in ("us-east1", "us-west1")
    }


def test_a_secret_that_stays_in_one_region_has_one_replica() -> None:
    secrets = {"db-password": {**SHOP["secrets"]["db-password"], "replicas": False}}
    inputs = provision({**SHOP, "secrets": secrets}).of(SECRET)["db-password"].inputs
    assert [one["location"] for one in inputs["replication"]["userManaged"]["replicas"]] == ["us-east1"]


def test_where_google_chooses_the_place_the_key_is_global() -> None:
    gcp = {"project": "acme-prod", "number": "300000000003", "location": "global", "region": "europe-west3"}
    inputs = provision({**SHOP, "gcp": gcp}).of(SECRET)["db-password"].inputs
    encryption = inputs["replication"]["auto"]["customerManagedEncryption"]
    assert encryption == {"kmsKeyName": "projects/acme-prod/locations/global/keyRings/prod/cryptoKeys/data"}


def test_the_next_rotation_is_planned_a_period_ahead_and_declared_until_then(prod: Provisioned) -> None:
    secret = prod.of(SECRET)["db-password"]
    assert secret.inputs["rotation"]["rotationPeriod"] == f"{90 * 86400}s"
    planned = datetime.fromisoformat(secret.inputs["rotation"]["nextRotationTime"])
    assert timedelta(days=89) < planned - datetime.now(UTC) <= timedelta(days=90)
    assert set(secret.ignored) == {"versionAliases"}


def test_later_runs_declare_the_time_that_the_first_one_planned(prod: Provisioned) -> None:
    (name, plan), *others = plans(prod).items()
    assert not others
    assert plan.ignored == ("input",)
    time = moment(timedelta(days=3))
    secret = provision(SHOP, stashed={name: time}).of(SECRET)["db-password"]
    assert secret.inputs["rotation"]["nextRotationTime"] == time
    assert set(secret.ignored) == {"versionAliases"}


def test_once_the_planned_time_has_passed_the_services_own_is_left_alone(prod: Provisioned) -> None:
    """Whoever makes the secret then needs a time to come all the same: nothing is ignored where there is no secret."""
    (name,) = plans(prod)
    secret = provision(SHOP, stashed={name: moment(timedelta(seconds=-5))}).of(SECRET)["db-password"]
    assert set(secret.ignored) == {"versionAliases", "rotation.nextRotationTime"}
    assert secret.inputs["rotation"]["nextRotationTime"] > moment(timedelta(days=89))


@pytest.mark.parametrize("change", [{"rotation": {"every": "30d"}}, {"replicas": False}])
def test_another_period_and_another_place_bring_another_plan(prod: Provisioned, change: dict[str, Any]) -> None:
    changed = {**SHOP, "secrets": {"db-password": {**SHOP["secrets"]["db-password"], **change}}}
    passed = dict.fromkeys(plans(prod), moment(timedelta(seconds=-5)))
    made = provision(changed, stashed=passed)
    assert not plans(prod).keys() & plans(made).keys()
    assert set(made.of(SECRET)["db-password"].ignored) == {"versionAliases"}


def plans(made: Provisioned) -> dict[str, Resource]:
    return {one.name: one for one in made.resources if one.type == STASH}


def moment(ahead: timedelta) -> str:
    return f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%SZ}"


def test_a_secret_that_people_bring_announces_nothing_and_takes_values_of_the_administrator(prod: Provisioned) -> None:
    inputs = prod.of(SECRET)["card-key"].inputs
    assert "topics" not in inputs
    assert "rotation" not in inputs
    administrator = "serviceAccount:prod-administrator@acme-prod.iam.gserviceaccount.com"
    adding = {one.inputs["secretId"] for one in prod.of(GRANT).values() if one.inputs["member"] == administrator}
    assert adding == {"projects/acme-prod/mock/card-key"}
    assert prod.grants(GRANT, administrator) == {("roles/secretmanager.secretVersionAdder", "")}


@pytest.mark.parametrize(("tier", "ttl"), [("low", None), ("critical", f"{30 * 86400}s")])
def test_the_tier_decides_how_long_an_ended_version_can_be_brought_back(tier: str, ttl: str | None) -> None:
    assert provision({**SHOP, "tier": tier}).of(SECRET)["db-password"].inputs.get("versionDestroyTtl") == ttl


@pytest.mark.parametrize(("tier", "guarded"), [("low", False), ("critical", True)])
def test_secrets_are_guarded_against_deletion_where_the_tier_says_so(tier: str, *, guarded: bool) -> None:
    for secret in provision({**SHOP, "tier": tier}).of(SECRET).values():
        assert (secret.protect, secret.inputs["deletionProtection"]) == (guarded, guarded)


def test_a_reader_reads_the_secrets_that_name_it_each_within_its_restriction(prod: Provisioned) -> None:
    reader = "serviceAccount:prod-api@acme-prod.iam.gserviceaccount.com"
    grants = {
        one.inputs["secretId"].rpartition("/")[2]: (one.inputs["role"], one.inputs.get("condition"))
        for one in prod.of(GRANT).values()
        if one.inputs["member"] == reader
    }
    assert grants.keys() == {"db-password", "card-key"}
    assert {role for role, _ in grants.values()} == {"roles/secretmanager.secretAccessor"}
    assert grants["card-key"][1] is None
    condition = grants["db-password"][1]
    assert condition is not None
    assert 'request.time < timestamp("2028-06-30T00:00:00Z")' in condition["expression"]


def test_purpose_and_owner_are_written_on_the_secret(prod: Provisioned) -> None:
    inputs = prod.of(SECRET)["db-password"].inputs
    assert inputs["annotations"] == {"purpose": "opens the database"}
    assert inputs["labels"] == {"keystead-owner": "orders"}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "secretmanager"),
        ("pubsub/topicIAMMember:TopicIAMMember", "secretmanager"),
        ("projects/serviceIdentity:ServiceIdentity", "secretmanager"),
        ("pubsub/subscription:Subscription", "rotator"),
        ("cloudfunctionsv2/function:Function", "rotator"),
        ("cloudrunv2/serviceIamMember:ServiceIamMember", "rotation-push"),
        ("projects/iAMMember:IAMMember", "rotator"),
    ],
)
def test_what_gives_a_secret_its_first_value_is_there_before_the_secret(
    prod: Provisioned, kind: str, name: str
) -> None:
    order = [one.urn for one in prod.resources]
    secret = order.index(prod.of(SECRET)["db-password"].urn)
    needed = [one.urn for one in prod.resources if one.type == f"gcp:{kind}" and name in one.name]
    assert needed
    assert all(order.index(urn) < secret for urn in needed)


def test_the_engine_knows_that_a_secret_needs_its_key_and_its_subscription(prod: Provisioned) -> None:
    kinds = {one.type for one in before(prod, "db-password")}
    assert {
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        "gcp:cloudfunctionsv2/function:Function",
    } <= kinds


def test_no_value_of_a_secret_is_ever_declared(prod: Provisioned) -> None:
    assert not [one for one in prod.resources if "secretVersion" in one.type]


def test_a_secret_of_both_clouds_has_no_schedule_of_its_own_here() -> None:
    aws: dict[str, Any] = {"account": "123456789012", "region": "us-east-1"}
    inputs = provision({**SHOP, "aws": aws}).of(SECRET)["db-password"].inputs
    assert "topics" not in inputs
    assert "rotation" not in inputs


def test_a_label_says_why_gcp_does_not_rotate_a_secret(prod: Provisioned) -> None:
    here = {name: one.inputs["labels"].get("keystead-rotation") for name, one in prod.of(SECRET).items()}
    both = provision({**SHOP, "aws": {"account": "333333333333", "region": "us-east-1"}}).of(SECRET)
    there = {name: one.inputs["labels"].get("keystead-rotation") for name, one in both.items()}
    assert here == {"db-password": None, "card-key": "manual"}
    assert there == {"db-password": "copy", "card-key": "manual"}


def test_a_secret_that_is_to_end_says_when(prod: Provisioned) -> None:
    assert "expireTime" not in prod.of(SECRET)["db-password"].inputs
    secrets = {"db-password": {**SHOP["secrets"]["db-password"], "expires": "2027-06-30"}}
    assert (
        provision({**SHOP, "secrets": secrets}).of(SECRET)["db-password"].inputs["expireTime"] == "2027-06-30T00:00:00Z"
    )


def test_a_windows_first_rotation_is_its_last_opening_within_the_period() -> None:
    rotation = {"every": "30d", "at": "03:00", "zone": "Europe/Berlin", "window": "4h"}
    changed = {**SHOP, "secrets": {"db-password": {**SHOP["secrets"]["db-password"], "rotation": rotation}}}
    inputs = provision(changed).of(SECRET)["db-password"].inputs["rotation"]
    planned = datetime.fromisoformat(inputs["nextRotationTime"])
    assert (planned.hour, planned.minute, planned.second) == (2, 0, 0)
    assert timedelta(days=28) < planned - datetime.now(UTC) <= timedelta(days=30)
    assert inputs["rotationPeriod"] == f"{30 * 86400}s"
