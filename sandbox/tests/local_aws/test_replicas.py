import uuid
from typing import Any

import pytest
from keystead_sandbox.local_aws.secrets_manager.encryption import UNUSABLE_FOR_READING, UNUSABLE_FOR_WRITING
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, policy, refusal
from tests.local_process import until

WEST = "us-west-2"
OWNERS = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
DENIED = ("Failed", "Replication failed: Access to KMS is not allowed")
IN_SYNC = ("InSync", "Replication succeeded")
GONE = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


@pytest.fixture
def name() -> str:
    return f"secret-{uuid.uuid4()}"


@pytest.fixture
def store(account: LocalAccount) -> Any:
    return account.client("secretsmanager")


@pytest.fixture
def west(account: LocalAccount) -> Any:
    return account.client("secretsmanager", region=WEST)


def key(account: LocalAccount, region: str = "us-east-1") -> str:
    made = account.client("kms", region=region).create_key(Policy=policy(OWNERS))
    return str(made["KeyMetadata"]["Arn"])


def replication(store: Any, name: str) -> tuple[str, str]:
    """How the only replica of a secret stands."""
    (status,) = store.describe_secret(SecretId=name)["ReplicationStatus"]
    return status["Status"], status["StatusMessage"]


def through(region: str, **context: str) -> dict[str, dict[str, str]]:
    """Condition that holds when Secrets Manager of a region uses a key for a secret."""
    named = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    return {"StringLike": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com", **named}}


def test_replicas_follow_their_secret_and_go_before_it(account: LocalAccount, store: Any, name: str) -> None:
    store.create_secret(Name=name, SecretString="1", AddReplicaRegions=[{"Region": "us-west-2"}])
    west = account.client("secretsmanager", region="us-west-2")
    store.put_secret_value(SecretId=name, SecretString="2")
    assert west.get_secret_value(SecretId=name)["SecretString"] == "2"
    assert refusal(lambda: west.put_secret_value(SecretId=name, SecretString="3"))[0] == "InvalidRequestException"
    assert "replica regions" in refusal(lambda: store.delete_secret(SecretId=name))[1]
    left = store.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=["us-west-2"])
    assert left["ReplicationStatus"] == []
    assert refusal(lambda: west.describe_secret(SecretId=name))[0] == "ResourceNotFoundException"
    store.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_a_promoted_replica_is_a_secret_of_its_own(account: LocalAccount, store: Any, name: str) -> None:
    store.create_secret(Name=name, SecretString="1", AddReplicaRegions=[{"Region": "us-west-2"}])
    west = account.client("secretsmanager", region="us-west-2")
    west.stop_replication_to_replica(SecretId=name)
    west.put_secret_value(SecretId=name, SecretString="west")
    assert store.get_secret_value(SecretId=name)["SecretString"] == "1"
    assert refusal(lambda: west.stop_replication_to_replica(SecretId=name))[0] == "InvalidRequestException"


def test_a_replica_needs_its_writers_permission_to_encrypt_with_its_own_key(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    here, there = key(account), key(account, WEST)
    replicas = [{"Region": WEST, "KmsKeyId": there}]
    arn = store.create_secret(Name=name, SecretString="1", KmsKeyId=here, AddReplicaRegions=replicas)["ARN"]
    own = (
        allow("secretsmanager:*"),
        allow(["kms:GenerateDataKey", "kms:Decrypt"], here, Condition=through("us-east-1", SecretARN=arn)),
    )
    replica = arn.replace("us-east-1", WEST)
    role = account.role(name, *own)
    writer = account.client("secretsmanager", account.session(role))
    put = account.client("iam").put_role_policy
    for number, missing in enumerate(
        [
            [],
            [allow("kms:GenerateDataKey", there)],
            [allow("kms:Encrypt", there)],
            [allow(["kms:GenerateDataKey", "kms:Encrypt"], there, Condition=through("us-east-1", SecretARN=replica))],
            [allow(["kms:GenerateDataKey", "kms:Encrypt"], there, Condition=through(WEST, SecretARN=arn))],
        ]
    ):
        put(RoleName=name, PolicyName="p", PolicyDocument=policy(*own, *missing))
        writer.put_secret_value(SecretId=name, SecretString=f"kept back {number}")
        assert replication(store, name) == DENIED, missing
        assert store.get_secret_value(SecretId=name)["SecretString"] == f"kept back {number}"
        assert west.get_secret_value(SecretId=name)["SecretString"] == "1"
    version = {"SecretARN": replica, "SecretVersionId": "*"}
    enough = allow(["kms:GenerateDataKey", "kms:Encrypt"], there, Condition=through(WEST, **version))
    put(RoleName=name, PolicyName="p", PolicyDocument=policy(*own, enough))
    writer.put_secret_value(SecretId=name, SecretString="brought")
    assert replication(store, name) == IN_SYNC
    assert west.get_secret_value(SecretId=name)["SecretString"] == "brought"
    assert west.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "kept back 4"


def test_replicating_a_secret_needs_permission_to_decrypt_with_its_primary_key(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    here, there = key(account), key(account, WEST)
    store.create_secret(Name=name, SecretString="1", KmsKeyId=here)
    encrypts = (allow("secretsmanager:*"), allow(["kms:GenerateDataKey", "kms:Encrypt"]))
    caller = account.client("secretsmanager", account.session(account.role(name, *encrypts)))
    replicate = {"SecretId": name, "AddReplicaRegions": [{"Region": WEST, "KmsKeyId": there}]}
    (status,) = caller.replicate_secret_to_regions(**replicate)["ReplicationStatus"]
    assert (status["Status"], status["StatusMessage"]) == DENIED
    assert refusal(lambda: west.describe_secret(SecretId=name)) == GONE
    bound = allow("kms:Decrypt", here, Condition=through("us-east-1"))
    account.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*encrypts, bound))
    (status,) = caller.replicate_secret_to_regions(**replicate)["ReplicationStatus"]
    assert (status["Status"], status["StatusMessage"]) == IN_SYNC
    assert west.get_secret_value(SecretId=name)["SecretString"] == "1"


def test_a_secret_made_with_a_replica_that_fails_is_made_without_it(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    here, there = key(account), key(account, WEST)
    writes = (allow("secretsmanager:*"), allow(["kms:GenerateDataKey", "kms:Decrypt"], here))
    writer = account.client("secretsmanager", account.session(account.role(name, *writes)))
    replicas = [{"Region": WEST, "KmsKeyId": there}]
    made = writer.create_secret(Name=name, SecretString="1", KmsKeyId=here, AddReplicaRegions=replicas)
    assert made["ReplicationStatus"][0]["Status"] == "Failed"
    assert writer.get_secret_value(SecretId=name)["SecretString"] == "1"
    assert refusal(lambda: west.get_secret_value(SecretId=name)) == GONE


def test_a_replica_that_never_had_a_value_is_removed_when_the_first_one_fails(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    there = key(account, WEST)
    store.create_secret(Name=name, AddReplicaRegions=[{"Region": WEST, "KmsKeyId": there}])
    store.put_resource_policy(SecretId=name, ResourcePolicy=policy(allow("secretsmanager:TagResource", Principal="*")))
    assert west.describe_secret(SecretId=name)["PrimaryRegion"] == "us-east-1"
    account.client("kms", region=WEST).disable_key(KeyId=there)
    store.put_secret_value(SecretId=name, SecretString="1")
    assert replication(store, name) == ("Failed", f"Replication failed: {UNUSABLE_FOR_WRITING}")
    assert refusal(lambda: west.describe_secret(SecretId=name)) == GONE
    account.client("kms", region=WEST).enable_key(KeyId=there)
    store.put_secret_value(SecretId=name, SecretString="2")
    assert replication(store, name) == IN_SYNC
    assert west.get_secret_value(SecretId=name)["SecretString"] == "2"
    assert "TagResource" in west.get_resource_policy(SecretId=name)["ResourcePolicy"]


def test_a_replica_keeps_what_it_had_while_a_key_does_not_work(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    here, there = key(account), key(account, WEST)
    replicas = [{"Region": WEST, "KmsKeyId": there}]
    store.create_secret(Name=name, SecretString="1", KmsKeyId=here, AddReplicaRegions=replicas)
    account.client("kms", region=WEST).disable_key(KeyId=there)
    store.put_secret_value(SecretId=name, SecretString="2")
    assert replication(store, name) == ("Failed", f"Replication failed: {UNUSABLE_FOR_WRITING}")
    account.client("kms", region=WEST).enable_key(KeyId=there)
    assert west.get_secret_value(SecretId=name)["SecretString"] == "1"
    account.client("kms").disable_key(KeyId=here)
    store.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=replicas)
    assert replication(store, name) == ("Failed", f"Replication failed: {UNUSABLE_FOR_READING}")
    assert west.get_secret_value(SecretId=name)["SecretString"] == "1"


def test_a_key_of_another_region_does_not_encrypt_a_replica(account: LocalAccount, store: Any, name: str) -> None:
    here = key(account)
    store.create_secret(Name=name, SecretString="1", AddReplicaRegions=[{"Region": WEST, "KmsKeyId": here}])
    assert replication(store, name) == ("Failed", f"Replication failed: {UNUSABLE_FOR_WRITING}")


def test_another_key_for_a_replica_encrypts_all_its_versions_anew(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    first, second = key(account, WEST), key(account, WEST)
    store.create_secret(Name=name, SecretString="1", AddReplicaRegions=[{"Region": WEST, "KmsKeyId": first}])
    kms = account.client("kms", region=WEST)
    kms.disable_key(KeyId=second)
    change = {"SecretId": name, "AddReplicaRegions": [{"Region": WEST, "KmsKeyId": second}]}
    assert store.replicate_secret_to_regions(**change)["ReplicationStatus"][0]["Status"] == "Failed"
    assert west.describe_secret(SecretId=name)["KmsKeyId"] == first
    kms.enable_key(KeyId=second)
    assert store.replicate_secret_to_regions(**change)["ReplicationStatus"][0]["Status"] == "InSync"
    kms.disable_key(KeyId=first)
    assert west.get_secret_value(SecretId=name)["SecretString"] == "1"


def test_reading_a_replica_needs_permission_for_its_own_key(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    here, there = key(account), key(account, WEST)
    replicas = [{"Region": WEST, "KmsKeyId": there}]
    arn = store.create_secret(Name=name, SecretString="1", KmsKeyId=here, AddReplicaRegions=replicas)["ARN"]
    reads = allow("secretsmanager:GetSecretValue")
    role = account.role(name, reads, allow("kms:Decrypt", here))
    reader = account.client("secretsmanager", account.session(role), region=WEST)
    denied = ("AccessDeniedException", "Access to KMS is not allowed")
    assert refusal(lambda: reader.get_secret_value(SecretId=name)) == denied
    bound = allow("kms:Decrypt", there, Condition=through(WEST, SecretARN=arn.replace("us-east-1", WEST)))
    account.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(reads, bound))
    assert reader.get_secret_value(SecretId=name)["SecretString"] == "1"
    account.client("kms", region=WEST).disable_key(KeyId=there)
    assert refusal(lambda: reader.get_secret_value(SecretId=name))[0] == "DecryptionFailure"


def test_a_rotated_value_comes_to_a_replica_only_with_the_rotators_permission(
    account: LocalAccount, store: Any, west: Any, name: str
) -> None:
    there = key(account, WEST)
    rotator = account.rotator(name)
    store.create_secret(Name=name, SecretString="1", AddReplicaRegions=[{"Region": WEST, "KmsKeyId": there}])
    limited = policy(allow("secretsmanager:*"), allow("kms:GenerateDataKey"))
    put = account.client("iam").put_role_policy
    put(RoleName=f"{name}-runs", PolicyName="p", PolicyDocument=limited)
    store.rotate_secret(SecretId=name, RotationLambdaARN=rotator, RotationRules={"AutomaticallyAfterDays": 30})
    until(lambda: store.describe_secret(SecretId=name).get("LastRotatedDate"))
    assert replication(store, name) == DENIED
    assert west.get_secret_value(SecretId=name)["SecretString"] == "1"
    put(RoleName=f"{name}-runs", PolicyName="p", PolicyDocument=policy(allow("*")))
    account.advance(31 * 86_400)
    assert replication(store, name) == IN_SYNC
    rotated = store.get_secret_value(SecretId=name)
    brought = west.get_secret_value(SecretId=name)
    assert (brought["VersionId"], brought["SecretString"]) == (rotated["VersionId"], rotated["SecretString"])


def test_a_secret_of_the_same_name_stands_in_the_way_unless_it_is_to_be_overwritten(
    store: Any, west: Any, name: str
) -> None:
    west.create_secret(Name=name, SecretString="its own")
    replicas = [{"Region": WEST}]
    store.create_secret(Name=name, SecretString="1", AddReplicaRegions=replicas)
    taken = f"Replication failed: Secret name {name} already exists in region {WEST}."
    assert replication(store, name) == ("Failed", taken)
    assert west.get_secret_value(SecretId=name)["SecretString"] == "its own"
    store.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=replicas, ForceOverwriteReplicaSecret=True)
    assert replication(store, name) == IN_SYNC
    assert west.get_secret_value(SecretId=name)["SecretString"] == "1"


def test_a_secret_has_no_replica_in_its_own_region(store: Any, name: str) -> None:
    replicas = [{"Region": "us-east-1"}]
    made = {"Name": name, "SecretString": "1", "AddReplicaRegions": replicas}
    assert refusal(lambda: store.create_secret(**made))[0] == "InvalidParameterException"
    assert refusal(lambda: store.describe_secret(SecretId=name)) == GONE


def test_a_replica_is_in_sync_only_once_it_holds_a_value(store: Any, west: Any, name: str) -> None:
    made = store.create_secret(Name=name, AddReplicaRegions=[{"Region": WEST}])
    assert [one["Status"] for one in made["ReplicationStatus"]] == ["InProgress"]
    assert west.describe_secret(SecretId=name)["Name"] == name
    store.put_secret_value(SecretId=name, SecretString="1")
    assert replication(store, name) == IN_SYNC
