"""The environment's part on GCP: what it gives away, and what it is made of."""

from typing import Any

import pytest

from tests.components.gcp.provisioned import SHOP, Provisioned, provision

TYPES = {
    "cloudfunctionsv2/function:Function",
    "cloudrunv2/serviceIamMember:ServiceIamMember",
    "cloudscheduler/job:Job",
    "iam/workloadIdentityPool:WorkloadIdentityPool",
    "iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
    "kms/cryptoKey:CryptoKey",
    "kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "kms/keyRing:KeyRing",
    "logging/metric:Metric",
    "logging/projectBucketConfig:ProjectBucketConfig",
    "logging/projectSink:ProjectSink",
    "monitoring/alertPolicy:AlertPolicy",
    "monitoring/notificationChannel:NotificationChannel",
    "projects/iAMAuditConfig:IAMAuditConfig",
    "projects/iAMCustomRole:IAMCustomRole",
    "projects/iAMMember:IAMMember",
    "projects/service:Service",
    "projects/serviceIdentity:ServiceIdentity",
    "pubsub/subscription:Subscription",
    "pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    "pubsub/topic:Topic",
    "pubsub/topicIAMMember:TopicIAMMember",
    "secretmanager/secret:Secret",
    "secretmanager/secretIamMember:SecretIamMember",
    "serviceaccount/account:Account",
    "serviceaccount/iAMMember:IAMMember",
    "storage/bucket:Bucket",
    "storage/bucketIAMMember:BucketIAMMember",
    "storage/bucketObject:BucketObject",
}


@pytest.fixture(scope="module")
def both() -> Provisioned:
    aws: dict[str, Any] = {"account": "123456789012", "region": "us-east-1"}
    return provision({**SHOP, "aws": aws})


def test_outputs_name_everything_and_hold_no_value(both: Provisioned) -> None:
    outputs = both.outputs
    assert outputs.keys() == {"project", "location", "keys", "secrets", "roles", "rotator", "alerts"}
    assert (outputs["project"], outputs["location"]) == ("acme-prod", "us-east1")
    assert outputs["keys"]["data"]["path"] == "projects/acme-prod/locations/us-east1/keyRings/prod/cryptoKeys/data"
    assert outputs["secrets"]["db-password"]["name"] == "prod-db-password"
    assert outputs["roles"].keys() == {
        "administrator",
        "api-reader",
        "auditor",
        "break-glass",
        "rotator",
        "worker-reader",
    }
    assert outputs["alerts"].keys() == {"due", "failed", "given_up", "late", "unwatched"}


def test_it_is_made_of_known_types_alone(both: Provisioned) -> None:
    assert {one.type.removeprefix("gcp:") for one in both.resources if one.type.startswith("gcp:")} == TYPES


def test_every_name_that_is_shared_in_a_project_carries_the_environment() -> None:
    names = {}
    for environment in ("blue", "green"):
        gcp = {**SHOP["gcp"], "shared": True}
        made = provision({**SHOP, "gcp": gcp}, environment=environment).resources
        keys = ("secretId", "accountId", "roleId", "bucketId", "displayName", "workloadIdentityPoolId")
        names[environment] = {
            (one.type, one.inputs.get("location"), one.inputs.get("keyRing"), one.inputs[key])
            for one in made
            for key in (*keys, "name")
            if one.custom and one.type.startswith("gcp:") and key in one.inputs
        }
    shared = {one for one in names["blue"] & names["green"] if not one[0].endswith("IamMember")}
    assert names["blue"]
    assert shared == set()
