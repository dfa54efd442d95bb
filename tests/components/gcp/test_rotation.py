"""Rotation: the function is private, runs with the least, is called by Pub/Sub and the schedule alone, and watched."""

import base64
import json
from typing import Any

import pytest
from keystead.packaging import contract

from tests.components.gcp.provisioned import SHOP, Provisioned, provision

ADDRESS = "https://rotator.mock.run.app"


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision(SHOP)


def test_the_function_runs_as_its_own_account_and_is_closed_to_the_internet(prod: Provisioned) -> None:
    (function,) = prod.of("cloudfunctionsv2/function:Function").values()
    service = function.inputs["serviceConfig"]
    assert service["serviceAccountEmail"] == "prod-rotator@acme-prod.iam.gserviceaccount.com"
    assert service["ingressSettings"] == "ALLOW_INTERNAL_ONLY"
    assert function.inputs["buildConfig"]["entryPoint"] == "handle"
    assert function.inputs["location"] == "us-east1"


def test_the_function_is_built_by_an_account_that_only_builds(prod: Provisioned) -> None:
    (function,) = prod.of("cloudfunctionsv2/function:Function").values()
    builder = "serviceAccount:prod-rotator-build@acme-prod.iam.gserviceaccount.com"
    assert function.inputs["buildConfig"]["serviceAccount"].endswith(
        "prod-rotator-build@acme-prod.iam.gserviceaccount.com"
    )
    assert prod.grants("projects/iAMMember:IAMMember", builder) == {
        ("roles/logging.logWriter", ""),
        ("roles/artifactregistry.writer", ""),
        ("roles/storage.objectViewer", 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-300000000003-")'),
    }


def test_the_source_lies_in_a_bucket_that_can_never_be_public(prod: Provisioned) -> None:
    (bucket,) = prod.of("storage/bucket:Bucket").values()
    assert bucket.inputs["name"] == "acme-prod-prod-rotator"
    assert bucket.inputs["publicAccessPrevention"] == "enforced"
    assert bucket.inputs["uniformBucketLevelAccess"] is True
    assert bucket.inputs["versioning"] == {"enabled": True}


def test_only_pubsub_and_the_schedule_may_call_the_function(prod: Provisioned) -> None:
    callers = {
        one.inputs["member"]: (one.inputs["role"], one.inputs["name"])
        for one in prod.of("cloudrunv2/serviceIamMember:ServiceIamMember").values()
    }
    assert callers == {
        f"serviceAccount:prod-rotation-{one}@acme-prod.iam.gserviceaccount.com": ("roles/run.invoker", "prod-rotator")
        for one in ("push", "sweep")
    }


def test_messages_are_pushed_with_an_identity_repeated_with_growing_pauses_and_kept_when_given_up(
    prod: Provisioned,
) -> None:
    inputs = prod.of("pubsub/subscription:Subscription")["rotator"].inputs
    assert inputs["pushConfig"] == {
        "pushEndpoint": ADDRESS,
        "oidcToken": {
            "serviceAccountEmail": "prod-rotation-push@acme-prod.iam.gserviceaccount.com",
            "audience": ADDRESS,
        },
    }
    assert inputs["retryPolicy"] == {"minimumBackoff": "10s", "maximumBackoff": "600s"}
    assert inputs["deadLetterPolicy"]["deadLetterTopic"].endswith("prod-rotation-dead-letters")
    assert (
        inputs["ackDeadlineSeconds"]
        >= prod.of("cloudfunctionsv2/function:Function")["rotator"].inputs["serviceConfig"]["timeoutSeconds"]
    )
    kept = prod.of("pubsub/subscription:Subscription")["dead-letters"].inputs
    assert kept["topic"].endswith("prod-rotation-dead-letters")


@pytest.mark.parametrize("name", ["rotator", "dead-letters"])
def test_no_subscription_ends_because_nothing_was_to_rotate_for_a_month(prod: Provisioned, name: str) -> None:
    assert prod.of("pubsub/subscription:Subscription")[name].inputs["expirationPolicy"] == {"ttl": ""}


def test_pubsub_may_move_dead_letters(prod: Provisioned) -> None:
    agent = "serviceAccount:service-300000000003@gcp-sa-pubsub.iam.gserviceaccount.com"
    assert prod.grants("pubsub/topicIAMMember:TopicIAMMember", agent) == {("roles/pubsub.publisher", "")}
    assert prod.grants("pubsub/subscriptionIAMMember:SubscriptionIAMMember", agent) == {("roles/pubsub.subscriber", "")}


def test_pubsub_makes_identity_tokens_of_the_pushing_account_and_no_other(prod: Provisioned) -> None:
    (grant,) = [
        one.inputs
        for one in prod.of("serviceaccount/iAMMember:IAMMember").values()
        if one.inputs["member"].endswith("gcp-sa-pubsub.iam.gserviceaccount.com")
    ]
    assert grant["serviceAccountId"].endswith("prod-rotation-push@acme-prod.iam.gserviceaccount.com")
    assert grant["role"] == "roles/iam.serviceAccountOpenIdTokenCreator"


def test_only_secret_manager_and_the_administrator_announce_rotations(prod: Provisioned) -> None:
    announcing = {
        one.inputs["member"]
        for one in prod.of("pubsub/topicIAMMember:TopicIAMMember").values()
        if one.inputs["topic"] == "prod-rotation"
    }
    assert announcing == {
        "serviceAccount:service-300000000003@gcp-sa-secretmanager.iam.gserviceaccount.com",
        "serviceAccount:prod-administrator@acme-prod.iam.gserviceaccount.com",
    }


def test_the_sweep_comes_every_hour_and_says_what_it_is(prod: Provisioned) -> None:
    (job,) = prod.of("cloudscheduler/job:Job").values()
    assert job.inputs["schedule"] == "0 * * * *"
    target = job.inputs["httpTarget"]
    assert json.loads(base64.b64decode(target["body"])) == dict(contract.SWEEP_EVENT)
    assert target["oidcToken"] == {
        "serviceAccountEmail": "prod-rotation-sweep@acme-prod.iam.gserviceaccount.com",
        "audience": ADDRESS,
    }


def test_the_log_is_kept_as_long_as_the_tier_asks_and_outlives_the_environment(prod: Provisioned) -> None:
    (bucket,) = prod.of("logging/projectBucketConfig:ProjectBucketConfig").values()
    assert bucket.inputs["retentionDays"] == 365
    assert bucket.kept
    (sink,) = prod.of("logging/projectSink:ProjectSink").values()
    assert 'resource.labels.service_name="prod-rotator"' in sink.inputs["filter"]


def test_the_rotator_of_keys_of_an_account_manages_keys_of_that_account_alone() -> None:
    email = "partner-api@acme-prod.iam.gserviceaccount.com"
    rotation: dict[str, Any] = {"rotator": "service-account-key", "service_account": email}
    secrets = {"partner-key": {"purpose": "calls the partner", "key": "data", "rotation": rotation}}
    provisioned = provision({**SHOP, "secrets": secrets})
    grant = provisioned.of("serviceaccount/iAMMember:IAMMember")[f"keys-of-{email}"]
    assert grant.inputs["serviceAccountId"] == f"projects/acme-prod/serviceAccounts/{email}"
    assert grant.inputs["role"] == "roles/iam.serviceAccountKeyAdmin"
    assert grant.inputs["member"] == "serviceAccount:prod-rotator@acme-prod.iam.gserviceaccount.com"


def test_reads_of_values_and_uses_of_keys_are_recorded(prod: Provisioned) -> None:
    recorded = {
        one.inputs["service"]: {kind["logType"] for kind in one.inputs["auditLogConfigs"]}
        for one in prod.of("projects/iAMAuditConfig:IAMAuditConfig").values()
    }
    everything = {"ADMIN_READ", "DATA_READ", "DATA_WRITE"}
    assert recorded == {"secretmanager.googleapis.com": everything, "cloudkms.googleapis.com": everything}


def test_apis_stay_on_when_the_environment_goes(prod: Provisioned) -> None:
    apis = prod.of("projects/service:Service")
    assert {"secretmanager", "cloudkms", "pubsub", "cloudfunctions", "run", "cloudscheduler"} <= apis.keys()
    assert not [name for name, one in apis.items() if one.inputs["disableOnDestroy"]]


@pytest.mark.parametrize("shared", [False, True])
def test_a_shared_project_keeps_its_records_when_one_environment_leaves(*, shared: bool) -> None:
    provisioned = provision({**SHOP, "gcp": {**SHOP["gcp"], "shared": shared}})
    kept = [one.kept for one in provisioned.of("projects/iAMAuditConfig:IAMAuditConfig").values()]
    assert kept == [shared, shared]
