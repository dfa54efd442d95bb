"""Encryption keys: the right kind, rotated, separated, guarded by the tier."""

from typing import Any

import pytest

from tests.components.aws.provisioned import Provisioned, provision

BASE: dict[str, Any] = {
    "tier": "low",
    "owners": ["payments"],
    "aws": {"account": "444444444444", "region": "us-east-1"},
    "keys": {
        "data": {"use": "encrypt", "purpose": "secrets of checkout"},
        "tokens": {"use": "sign", "purpose": "access tokens"},
        "hooks": {"use": "mac", "purpose": "webhooks"},
    },
}


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision("prod")


@pytest.fixture(scope="module")
def dev() -> Provisioned:
    return provision("dev")


@pytest.mark.parametrize(
    ("name", "usage", "spec"),
    [
        ("data", "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"),
        ("tokens", "SIGN_VERIFY", "ECC_NIST_P256"),
        ("webhooks", "GENERATE_VERIFY_MAC", "HMAC_256"),
    ],
)
def test_use_decides_the_kind_of_key(prod: Provisioned, name: str, usage: str, spec: str) -> None:
    inputs = prod.of("kms/key:Key")[name].inputs
    assert (inputs["keyUsage"], inputs["customerMasterKeySpec"]) == (usage, spec)


def test_only_keys_that_encrypt_ask_aws_to_rotate_them(prod: Provisioned) -> None:
    keys = prod.of("kms/key:Key")
    rotated = {name: key.inputs.get("rotationPeriodInDays") for name, key in keys.items()}
    assert rotated == {"data": 90, "ledger": 90, "operations": 365, "tokens": None, "webhooks": None}


def test_alias_carries_the_environment_in_every_region(prod: Provisioned) -> None:
    aliases = {(one.inputs["name"], one.inputs.get("region")) for one in prod.of("kms/alias:Alias").values()}
    assert {("alias/prod/data", None), ("alias/prod/data", "us-west-2"), ("alias/prod/ledger", None)} <= aliases
    assert ("alias/prod/ledger", "us-west-2") not in aliases


def test_tier_decides_window_and_protection(prod: Provisioned, dev: Provisioned) -> None:
    windows = [one.of("kms/key:Key")["data"].inputs["deletionWindowInDays"] for one in (prod, dev)]
    assert windows == [30, 7]


def test_the_lock_out_check_of_aws_is_never_bypassed(prod: Provisioned) -> None:
    keys = [*prod.of("kms/key:Key").values(), *prod.of("kms/replicaKey:ReplicaKey").values()]
    assert len(keys) == 6
    assert not [key for key in keys if "bypassPolicyLockoutSafetyCheck" in key.inputs]


def test_owner_can_always_mend_the_policy_but_never_use_the_key(prod: Provisioned) -> None:
    for key in prod.of("kms/key:Key").values():
        owner = key.statement("Owner")
        assert owner["Principal"] == {"AWS": "arn:aws:iam::333333333333:root"}
        assert "kms:PutKeyPolicy" in owner["Action"]
        assert "Condition" not in owner
        use = {
            "kms:*",
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:Sign",
            "kms:GenerateMac",
            "kms:CreateGrant",
            "kms:ReEncrypt*",
        }
        assert not use & set(owner["Action"])
        assert not [action for action in owner["Action"] if action.startswith("kms:GenerateData")]


def test_administrators_manage_and_never_use(prod: Provisioned) -> None:
    administrators = prod.of("kms/key:Key")["data"].statement("Administrators")
    assert administrators["Condition"]["ArnLike"]["aws:PrincipalArn"] == [
        "arn:aws:iam::333333333333:role/prod-administrator"
    ]
    assert not {"kms:Decrypt", "kms:Encrypt", "kms:CreateGrant"} & set(administrators["Action"])


def test_no_key_policy_names_everybody(prod: Provisioned, dev: Provisioned) -> None:
    for environment in (prod, dev):
        for key in environment.of("kms/key:Key").values():
            assert not [one for one in key.document()["Statement"] if one["Principal"] in ("*", {"AWS": "*"})]


def test_secrets_reach_their_key_through_secrets_manager_of_this_account_only(prod: Provisioned) -> None:
    condition = prod.of("kms/key:Key")["data"].statement("SecretsManager")["Condition"]
    assert condition["StringEquals"] == {
        "kms:CallerAccount": "333333333333",
        "kms:ViaService": ["secretsmanager.us-east-1.amazonaws.com", "secretsmanager.us-west-2.amazonaws.com"],
    }
    assert condition["StringLike"]["kms:EncryptionContext:SecretARN"][0] == (
        "arn:aws:secretsmanager:us-east-1:333333333333:secret:prod/*"
    )


def test_only_a_key_with_replicas_lets_secrets_manager_bring_values_to_them(prod: Provisioned) -> None:
    keys = prod.of("kms/key:Key")
    assert keys["data"].statement("SecretsManager")["Action"] == ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    assert keys["ledger"].statement("SecretsManager")["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    replica = prod.of("kms/replicaKey:ReplicaKey")["data-us-west-2"]
    assert replica.document() == keys["data"].document()


def test_ciphertext_of_direct_users_is_bound_to_the_environment() -> None:
    user = "arn:aws:iam::444444444444:role/batch"
    overlay = {**BASE, "keys": {"data": {"use": "encrypt", "purpose": "files", "users": [user]}}}
    key = provision("dev", overlay).of("kms/key:Key")["data"]
    users = key.statement("Users")
    assert users["Condition"]["StringEquals"] == {"kms:EncryptionContext:environment": "dev"}
    assert users["Condition"]["ArnLike"] == {"aws:PrincipalArn": [user]}
    assert key.statement("UsersGrantToServices")["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_a_grant_is_bound_to_the_environment_too() -> None:
    grant = {"principal": "arn:aws:iam::444444444444:role/batch", "operations": ["Decrypt"]}
    overlay = {**BASE, "keys": {"data": {"use": "encrypt", "purpose": "files", "grants": {"nightly": grant}}}}
    (made,) = provision("dev", overlay).of("kms/grant:Grant").values()
    assert made.inputs["granteePrincipal"] == grant["principal"]
    assert made.inputs["operations"] == ["Decrypt"]
    assert made.inputs["constraints"] == [{"encryptionContextSubset": {"environment": "dev"}}]


def test_the_owner_makes_the_grants_of_the_spec_and_no_others() -> None:
    batch, audit = (f"arn:aws:iam::444444444444:role/{name}" for name in ("batch", "audit"))
    grants = {
        "nightly": {"principal": batch, "operations": ["Encrypt", "Decrypt"]},
        "look": {"principal": audit, "operations": ["DescribeKey"]},
    }
    overlay = {**BASE, "keys": {"data": {"use": "encrypt", "purpose": "files", "grants": grants}}}
    key = provision("dev", overlay).of("kms/key:Key")["data"]
    granting = [one for one in key.document()["Statement"] if "kms:CreateGrant" in one["Action"]]
    assert [one["Condition"] for one in granting] == [
        {
            "StringEquals": {"kms:GranteePrincipal": audit},
            "ForAllValues:StringEquals": {"kms:GrantOperations": ["DescribeKey"]},
        },
        {
            "StringEquals": {"kms:GranteePrincipal": batch},
            "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]},
        },
    ]


@pytest.mark.parametrize(
    ("region", "partition", "logs", "secrets"),
    [
        (
            "us-gov-west-1",
            "aws-us-gov",
            "logs.us-gov-west-1.amazonaws.com",
            ["secretsmanager.us-gov-west-1.amazonaws.com"],
        ),
        (
            "cn-north-1",
            "aws-cn",
            "logs.cn-north-1.amazonaws.com.cn",
            ["secretsmanager.cn-north-1.amazonaws.com", "secretsmanager.cn-north-1.amazonaws.com.cn"],
        ),
    ],
)
def test_services_have_the_names_of_their_partition(region: str, partition: str, logs: str, secrets: list[str]) -> None:
    token = {"token": {"purpose": "opens the shop", "key": "data"}}
    overlay = {**BASE, "aws": {"account": "444444444444", "region": region}, "secrets": token}
    keys = provision("dev", overlay).of("kms/key:Key")
    key = keys["operations"]
    assert key.statement("Owner")["Principal"] == {"AWS": f"arn:{partition}:iam::444444444444:root"}
    assert key.statement("RotatorLog")["Principal"] == {"Service": logs}
    assert keys["data"].statement("SecretsManager")["Condition"]["StringEquals"]["kms:ViaService"] == secrets


def test_every_key_that_encrypts_is_open_to_secrets_manager_and_no_other_is(prod: Provisioned) -> None:
    keys = prod.of("kms/key:Key")
    open_to = {name for name, key in keys.items() if "SecretsManager" in str(key.document())}
    assert open_to == {"data", "ledger"}


@pytest.mark.parametrize("kind", ["kms/key:Key", "iam/rolePolicy:RolePolicy"])
def test_moving_a_secret_to_another_key_takes_no_right_from_the_one_it_is_under(kind: str) -> None:
    """A right that went in the same run could go before the value is under the new key."""
    keys = {"data": {"purpose": "secrets of checkout"}, "books": {"purpose": "secrets of the ledger"}}
    secret = {"purpose": "opens the till", "readers": {"checkout": {}}, "rotation": {"rotator": "manual"}}
    before, after = (
        provision("shop", {**BASE, "keys": keys, "secrets": {"till": {**secret, "key": key}}}).of(kind)
        for key in ("data", "books")
    )
    assert {name: one.document() for name, one in before.items()} == {
        name: one.document() for name, one in after.items()
    }
