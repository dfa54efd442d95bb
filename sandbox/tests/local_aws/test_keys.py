import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, deny, policy, refusal
from tests.local_aws.patched import shows

DAY = 86_400
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
OWNERS = allow("kms:*", Principal=ROOT)
VIA = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT}}


@pytest.fixture
def kms(account: LocalAccount) -> Any:
    return account.client("kms")


@pytest.fixture
def name() -> str:
    return f"k-{uuid.uuid4().hex[:12]}"


def key(kms: Any, *statements: dict[str, Any], **more: Any) -> str:
    arn: str = kms.create_key(Policy=policy(*(statements or (OWNERS,))), **more)["KeyMetadata"]["Arn"]
    return arn


def test_a_ciphertext_opens_only_with_its_context_its_key_and_unchanged(kms: Any) -> None:
    arn, other = key(kms), key(kms)
    context = {"keystead:environment": "dev"}
    blob = kms.encrypt(KeyId=arn, Plaintext=b"value", EncryptionContext=context)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == b"value"
    wrong = {"keystead:environment": "prod"}
    changed = blob[:-1] + bytes([blob[-1] ^ 1])
    assert refusal(lambda: kms.decrypt(CiphertextBlob=blob))[0] == "InvalidCiphertextException"
    assert refusal(lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext=wrong))[0] == "InvalidCiphertextException"
    assert (
        refusal(lambda: kms.decrypt(CiphertextBlob=changed, EncryptionContext=context))[0]
        == "InvalidCiphertextException"
    )
    named = {"CiphertextBlob": blob, "EncryptionContext": context, "KeyId": other}
    assert refusal(lambda: kms.decrypt(**named))[0] == "IncorrectKeyException"


def test_data_keys_come_back_from_their_ciphertext(kms: Any) -> None:
    arn = key(kms)
    made = kms.generate_data_key(KeyId=arn, KeySpec="AES_256", EncryptionContext={"a": "b"})
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == made["Plaintext"]
    pair = kms.generate_data_key_pair(KeyId=arn, KeyPairSpec="ECC_NIST_P256")
    assert kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"] == pair["PrivateKeyPlaintext"]


@shows("core.iam_actions.extract_iam_action")
def test_re_encryption_needs_permission_on_both_keys(account: LocalAccount, kms: Any, name: str) -> None:
    source, destination = key(kms), key(kms)
    blob = kms.encrypt(KeyId=source, Plaintext=b"value")["CiphertextBlob"]
    half = account.client("kms", account.session(account.role(name, allow("kms:ReEncryptFrom"))))
    change = {"CiphertextBlob": blob, "DestinationKeyId": destination, "DestinationEncryptionContext": {"a": "b"}}
    assert "kms:ReEncryptTo" in refusal(lambda: half.re_encrypt(**change))[1]
    account.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow("kms:ReEncrypt*")))
    changed = half.re_encrypt(**change)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=changed, EncryptionContext={"a": "b"})["Plaintext"] == b"value"


def test_an_alias_is_made_moved_and_deleted_with_permission_on_it_and_on_its_keys(
    account: LocalAccount, kms: Any, name: str
) -> None:
    first, second, alias = key(kms), key(kms), f"alias/{name}/data"
    aliases = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/{name}/*"

    def allowed(*resources: str) -> Any:
        role = account.role(f"{name}-{uuid.uuid4().hex[:6]}", allow("kms:*Alias", Resource=list(resources)))
        return account.client("kms", account.session(role))

    calls: tuple[Callable[[Any], object], ...] = (
        lambda kms: kms.create_alias(AliasName=alias, TargetKeyId=first),
        lambda kms: kms.update_alias(AliasName=alias, TargetKeyId=second),
        lambda kms: kms.delete_alias(AliasName=alias),
    )
    lacking = ((first,), (second, aliases), (second,))
    for call, resources in zip(calls, lacking, strict=True):
        assert refusal(partial(call, allowed(*resources)))[0] == "AccessDeniedException", resources
        call(allowed(first, second, aliases))


@pytest.mark.parametrize(
    ("making", "use"),
    [
        ({}, lambda kms, arn: kms.encrypt(KeyId=arn, Plaintext=b"x")),
        ({}, lambda kms, arn: kms.generate_data_key(KeyId=arn, KeySpec="AES_256")),
        (
            {"KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256"},
            lambda kms, arn: kms.sign(KeyId=arn, Message=b"x", SigningAlgorithm="ECDSA_SHA_256"),
        ),
        (
            {"KeyUsage": "GENERATE_VERIFY_MAC", "KeySpec": "HMAC_256"},
            lambda kms, arn: kms.generate_mac(KeyId=arn, Message=b"x", MacAlgorithm="HMAC_SHA_256"),
        ),
    ],
    ids=["encrypt", "data key", "sign", "mac"],
)
def test_a_disabled_or_dying_key_does_not_work(kms: Any, making: dict[str, Any], use: Any) -> None:
    arn = key(kms, **making)
    assert use(kms, arn)
    kms.disable_key(KeyId=arn)
    assert refusal(lambda: use(kms, arn))[0] == "DisabledException"
    kms.enable_key(KeyId=arn)
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert refusal(lambda: use(kms, arn)) == ("KMSInvalidStateException", f"{arn} is pending deletion.")
    assert refusal(lambda: kms.enable_key(KeyId=arn))[0] == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=arn)
    kms.enable_key(KeyId=arn)
    assert use(kms, arn)


@shows("services.kms._keys")
def test_a_key_is_gone_with_its_aliases_when_its_window_ends(account: LocalAccount, kms: Any, name: str) -> None:
    arn, kept = key(kms), key(kms)
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=arn)
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    kms.schedule_key_deletion(KeyId=kept, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=kept)
    account.advance(6 * DAY)
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    account.advance(DAY + 1)
    assert refusal(lambda: kms.describe_key(KeyId=arn))[0] == "NotFoundException"
    assert refusal(lambda: kms.describe_key(KeyId=f"alias/{name}"))[0] == "NotFoundException"
    assert kms.describe_key(KeyId=kept)["KeyMetadata"]["KeyState"] == "Disabled"


def test_a_key_rotates_by_the_clock_and_still_opens_what_it_sealed(account: LocalAccount, kms: Any) -> None:
    arn = key(kms)
    blob = kms.encrypt(KeyId=arn, Plaintext=b"value")["CiphertextBlob"]
    kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=arn)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    assert kms.list_key_rotations(KeyId=arn)["Rotations"] == []
    account.advance(181 * DAY)
    rotations = kms.list_key_rotations(KeyId=arn)["Rotations"]
    assert [rotation["RotationType"] for rotation in rotations] == ["AUTOMATIC", "AUTOMATIC"]
    assert abs(rotations[1]["RotationDate"] - status["NextRotationDate"]) < timedelta(seconds=5)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"value"


@pytest.mark.parametrize(
    ("making", "period", "code"),
    [
        ({}, 2561, "ValidationException"),
        ({"KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256"}, 90, "UnsupportedOperationException"),
        ({"KeyUsage": "GENERATE_VERIFY_MAC", "KeySpec": "HMAC_256"}, 90, "UnsupportedOperationException"),
    ],
    ids=["too long", "sign", "mac"],
)
def test_rotation_that_aws_does_not_do_is_refused(kms: Any, making: dict[str, Any], period: int, code: str) -> None:
    arn = key(kms, **making)
    assert refusal(lambda: kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=period))[0] == code


@shows("core.responses.AccountRegionScopedDict._data")
def test_a_multi_region_key_rotates_in_all_its_regions(account: LocalAccount, kms: Any) -> None:
    arn = key(kms, MultiRegion=True)
    kms.replicate_key(KeyId=arn, ReplicaRegion="us-west-2", Policy=policy(OWNERS))
    west = account.client("kms", region="us-west-2")
    replica = arn.replace("us-east-1", "us-west-2")
    kms.rotate_key_on_demand(KeyId=arn)
    blob = kms.encrypt(KeyId=arn, Plaintext=b"value")["CiphertextBlob"]
    assert west.decrypt(CiphertextBlob=blob, KeyId=replica)["Plaintext"] == b"value"


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            allow("kms:Decrypt", Principal=ROOT),
            "The new key policy will not allow you to update the key policy in the future.",
        ),
        (
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/none"}),
            "Policy contains a statement with one or more invalid principals.",
        ),
        (
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}),
            "Policy contains a statement with one or more invalid principals.",
        ),
        (
            deny("kms:PutKeyPolicy", Principal="*"),
            "The new key policy will not allow you to update the key policy in the future.",
        ),
    ],
    ids=["locks out", "gone", "wildcard", "denies"],
)
def test_a_key_does_not_take_a_policy_that_locks_out_or_names_nobody(
    kms: Any, statement: dict[str, Any], text: str
) -> None:
    arn = key(kms)
    refused = ("MalformedPolicyDocumentException", text)
    assert refusal(lambda: kms.put_key_policy(KeyId=arn, Policy=policy(statement))) == refused
    assert refusal(lambda: kms.create_key(Policy=policy(statement))) == refused


def test_the_key_policy_must_allow_what_the_roles_policy_allows(account: LocalAccount, kms: Any, name: str) -> None:
    role = account.role(name, allow("kms:Encrypt"))
    administered = allow("kms:*", Principal=ROOT, Condition={"ArnNotEquals": {"aws:PrincipalArn": role}})
    arn = key(kms, administered)
    client = account.client("kms", account.session(role))
    assert refusal(lambda: client.encrypt(KeyId=arn, Plaintext=b"x"))[0] == "AccessDeniedException"
    used = allow("kms:Encrypt", Principal=ROOT, Condition={"ArnEquals": {"aws:PrincipalArn": role}})
    kms.put_key_policy(KeyId=arn, Policy=policy(administered, used))
    assert client.encrypt(KeyId=arn, Plaintext=b"x")["KeyId"] == arn


@shows("core.iam_actions.extract_resource_arn", "services.kms._resolve_key")
def test_a_key_named_by_alias_is_judged_as_the_key(account: LocalAccount, kms: Any, name: str) -> None:
    arn = key(kms)
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=arn)
    by_arn = account.client("kms", account.session(account.role(name, allow("kms:Encrypt", arn))))
    assert by_arn.encrypt(KeyId=f"alias/{name}", Plaintext=b"x")["KeyId"] == arn
    aliased = {"StringEquals": {"kms:RequestAlias": f"alias/{name}"}}
    role = account.role(f"{name}-a", allow("kms:Encrypt", Condition=aliased))
    by_alias = account.client("kms", account.session(role))
    assert by_alias.encrypt(KeyId=f"alias/{name}", Plaintext=b"x")["KeyId"] == arn
    assert refusal(lambda: by_alias.encrypt(KeyId=arn, Plaintext=b"x"))[0] == "AccessDeniedException"


def test_an_encryption_context_can_be_demanded(account: LocalAccount, kms: Any, name: str) -> None:
    arn = key(kms)
    demanded = {
        "StringEquals": {"kms:EncryptionContext:env": "dev"},
        "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["env"]},
    }
    client = account.client("kms", account.session(account.role(name, allow("kms:Encrypt", Condition=demanded))))
    assert client.encrypt(KeyId=arn, Plaintext=b"x", EncryptionContext={"env": "dev"})
    for context in ({}, {"env": "prod"}, {"env": "dev", "more": "x"}):
        wrong = {"KeyId": arn, "Plaintext": b"x", "EncryptionContext": context}
        assert refusal(partial(client.encrypt, **wrong))[0] == "AccessDeniedException"


@shows("core.iam_evaluator.enforce")
def test_a_grant_allows_its_operations_within_its_context_until_it_is_revoked(
    account: LocalAccount, kms: Any, name: str
) -> None:
    arn, role = key(kms), account.role(name)
    client = account.client("kms", account.session(role))
    use = {"KeyId": arn, "Plaintext": b"x", "EncryptionContext": {"env": "dev"}}
    assert refusal(lambda: client.encrypt(**use))[0] == "AccessDeniedException"
    grant = kms.create_grant(
        KeyId=arn,
        GranteePrincipal=role,
        Operations=["Encrypt"],
        Constraints={"EncryptionContextSubset": {"env": "dev"}},
    )["GrantId"]
    blob = client.encrypt(**use)["CiphertextBlob"]
    assert refusal(lambda: client.encrypt(**{**use, "EncryptionContext": {}}))[0] == "AccessDeniedException"
    opened = {"CiphertextBlob": blob, "EncryptionContext": {"env": "dev"}}
    assert refusal(lambda: client.decrypt(**opened))[0] == "AccessDeniedException"
    kms.revoke_grant(KeyId=arn, GrantId=grant)
    assert refusal(lambda: client.encrypt(**use))[0] == "AccessDeniedException"


def test_a_grant_needs_a_grantee_that_exists(kms: Any) -> None:
    grant = {"KeyId": key(kms), "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/none", "Operations": ["Encrypt"]}
    assert refusal(lambda: kms.create_grant(**grant))[0] == "InvalidArnException"


def test_reading_a_secret_needs_its_key_through_secrets_manager(account: LocalAccount, kms: Any, name: str) -> None:
    arn = key(kms)
    store = account.client("secretsmanager")
    secret = store.create_secret(Name=name, SecretString="value", KmsKeyId=arn)["ARN"]
    role = account.role(name, allow("secretsmanager:GetSecretValue"))
    client = account.client("secretsmanager", account.session(role))
    assert refusal(lambda: client.get_secret_value(SecretId=secret)) == (
        "AccessDeniedException",
        "Access to KMS is not allowed",
    )
    bound = {"StringEquals": {**VIA["StringEquals"], "kms:EncryptionContext:SecretARN": secret}}
    statements = (allow("secretsmanager:GetSecretValue"), allow("kms:Decrypt", arn, Condition=bound))
    account.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
    assert client.get_secret_value(SecretId=secret)["SecretString"] == "value"
    direct = account.client("kms", account.session(role))
    blob = kms.encrypt(KeyId=arn, Plaintext=b"x", EncryptionContext={"SecretARN": secret})["CiphertextBlob"]
    opened = {"CiphertextBlob": blob, "EncryptionContext": {"SecretARN": secret}}
    assert refusal(lambda: direct.decrypt(**opened))[0] == "AccessDeniedException"


def test_writing_a_secret_needs_its_key_even_before_there_is_a_value(
    account: LocalAccount, kms: Any, name: str
) -> None:
    arn = key(kms)
    writer = account.client("secretsmanager", account.session(account.role(name, allow("secretsmanager:*"))))
    denied = ("AccessDeniedException", "Access to KMS is not allowed")
    assert refusal(lambda: writer.create_secret(Name=name, KmsKeyId=arn)) == denied
    probe = {"StringLike": {"kms:EncryptionContext:SecretARN": ["RequestToValidateKeyAccess", "arn:*"]}}
    statements = (allow("secretsmanager:*"), allow(["kms:GenerateDataKey", "kms:Decrypt"], arn, Condition=probe))
    account.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
    writer.create_secret(Name=name, KmsKeyId=arn)
    writer.put_secret_value(SecretId=name, SecretString="value")
    assert writer.get_secret_value(SecretId=name)["SecretString"] == "value"


def test_a_secret_whose_key_does_not_work_is_neither_read_nor_written(
    kms: Any, account: LocalAccount, name: str
) -> None:
    arn = key(kms)
    store = account.client("secretsmanager")
    store.create_secret(Name=name, SecretString="value", KmsKeyId=arn)
    for stop in (kms.disable_key, kms.schedule_key_deletion):
        stop(KeyId=arn)
        assert refusal(lambda: store.get_secret_value(SecretId=name))[0] == "DecryptionFailure"
        assert refusal(lambda: store.put_secret_value(SecretId=name, SecretString="2"))[0] == "EncryptionFailure"
    assert (
        refusal(lambda: store.create_secret(Name=f"{name}-2", SecretString="1", KmsKeyId=arn))[0] == "EncryptionFailure"
    )
    assert refusal(lambda: store.describe_secret(SecretId=f"{name}-2"))[0] == "ResourceNotFoundException"


def test_the_lock_out_check_asks_about_the_very_key(account: LocalAccount, kms: Any, name: str) -> None:
    arn, other = key(kms), key(kms)
    role = account.role(name, allow("kms:PutKeyPolicy", arn))
    caller = account.client("kms", account.session(role))
    caller.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy(OWNERS))
    closed = policy(allow("kms:DescribeKey", Principal=ROOT))
    told = refusal(lambda: caller.put_key_policy(KeyId=arn, PolicyName="default", Policy=closed))
    assert told[0] == "MalformedPolicyDocumentException"
    told = refusal(lambda: caller.put_key_policy(KeyId=other, PolicyName="default", Policy=policy(OWNERS)))
    assert told[0] == "AccessDeniedException"


def test_a_key_is_replicated_only_by_who_may_create_keys_there(account: LocalAccount, kms: Any, name: str) -> None:
    arn = key(kms, MultiRegion=True)
    replicates = allow(["kms:ReplicateKey", "kms:PutKeyPolicy"])
    caller = account.client("kms", account.session(account.role(name, replicates)))
    replicate = partial(caller.replicate_key, KeyId=arn, ReplicaRegion="us-west-2", Policy=policy(OWNERS))
    code, text = refusal(replicate)
    assert (code, "kms:CreateKey" in text) == ("AccessDeniedException", True)
    there = {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
    more = policy(replicates, allow("kms:CreateKey", Condition=there))
    account.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=more)
    assert replicate()["ReplicaKeyMetadata"]["Arn"].startswith("arn:aws:kms:us-west-2:")
