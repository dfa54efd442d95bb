"""Secrets: encrypted, closed by policy, named after their environment, never with a value."""

import pytest
from keystead.spec.loading import load

from tests.components.aws.provisioned import STACKS, Provisioned, provision


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision("prod")


def test_every_secret_is_encrypted_by_a_key_of_the_environment(prod: Provisioned) -> None:
    secrets = prod.of("secretsmanager/secret:Secret")
    assert len(secrets) >= 8
    assert {one.inputs["kmsKeyId"] for one in secrets.values()} == {
        "arn:aws:mock:::Key/data",
        "arn:aws:mock:::Key/ledger",
    }


def test_names_carry_the_environment(prod: Provisioned) -> None:
    for name, secret in prod.of("secretsmanager/secret:Secret").items():
        assert secret.inputs["name"] == f"prod/{name}"


def test_a_tag_says_that_a_person_brings_the_value_where_one_does(prod: Provisioned) -> None:
    secrets = prod.of("secretsmanager/secret:Secret")
    told = {
        name: one.inputs["tags"]["keystead:rotation"] for name, one in secrets.items() if len(one.inputs["tags"]) > 1
    }
    assert told == {"card-processor-key": "manual", "email-provider-key": "manual"}
    assert not set(told) & {one.name for one in prod.of("secretsmanager/secretRotation:SecretRotation").values()}


@pytest.mark.parametrize(("environment", "days"), [("dev", 0), ("staging", 7), ("prod", 30)])
def test_tier_decides_how_long_a_deleted_secret_can_be_restored(environment: str, days: int) -> None:
    secrets = provision(environment).of("secretsmanager/secret:Secret").values()
    assert {one.inputs["recoveryWindowInDays"] for one in secrets} == {days}


def test_replicas_are_encrypted_by_the_replica_of_the_key(prod: Provisioned) -> None:
    secrets = prod.of("secretsmanager/secret:Secret")
    (replica,) = secrets["payments-api-key"].inputs["replicas"]
    assert replica == {"region": "us-west-2", "kmsKeyId": "arn:aws:mock:::ReplicaKey/data-us-west-2"}
    assert not secrets["ledger-export-passphrase"].inputs.get("replicas")


def test_public_policies_are_always_blocked(prod: Provisioned) -> None:
    policies = prod.of("secretsmanager/secretPolicy:SecretPolicy")
    assert set(policies) == set(prod.of("secretsmanager/secret:Secret"))
    assert all(one.inputs["blockPublicPolicy"] is True for one in policies.values())


def test_a_secrets_policy_only_ever_denies(prod: Provisioned) -> None:
    for policy in prod.of("secretsmanager/secretPolicy:SecretPolicy").values():
        assert {one["Effect"] for one in policy.document()["Statement"]} == {"Deny"}


def test_only_readers_rotator_and_break_glass_pass_the_read_deny(prod: Provisioned) -> None:
    policies = prod.of("secretsmanager/secretPolicy:SecretPolicy")

    def passes(name: str) -> set[str]:
        condition = policies[name].statement("DenyReadToOthers")["Condition"]
        return {arn.rpartition("/")[2] for arn in condition["ArnNotEquals"]["aws:PrincipalArn"]}

    assert passes("ledger-reading-token") == {"prod-finance-desk-reader", "prod-rotator", "prod-break-glass"}
    assert passes("card-processor-key") == {"prod-payments-gateway-reader", "prod-break-glass"}


@pytest.mark.parametrize(("environment", "protected"), [("dev", False), ("prod", True)])
def test_tier_decides_whether_destroy_refuses_to_delete_a_secret(environment: str, protected: bool) -> None:
    spec = load(environment, STACKS)
    assert {secret.protected for secret in spec.secrets.values()} == {protected}


def test_readers_whose_names_differ_in_a_hyphen_alone_have_statements_of_their_own() -> None:
    office = {"restriction": "office"}
    overlay = {
        "tier": "low",
        "owners": ["payments"],
        "aws": {"account": "444444444444", "region": "us-east-1"},
        "restrictions": {"office": {"cidrs": ["203.0.113.0/24"]}},
        "keys": {"data": {"purpose": "secrets"}},
        "secrets": {"db": {"purpose": "opens it", "key": "data", "readers": {"a1b": office, "a1-b": office}}},
    }
    (policy,) = provision("dev", overlay).of("secretsmanager/secretPolicy:SecretPolicy").values()
    sids = [one["Sid"] for one in policy.document()["Statement"]]
    assert len(sids) == len(set(sids))
    assert all(sid.isalnum() for sid in sids)
