"""Every collection the product deploys to, and how to call each one wrongly: the table of the fidelity test.

What each mistake is answered: unknown field, wrong enum and wrong type by the JSON front end with a BadRequest of all
violations (AIP-193; as quoted in google-gemini/gemini-cli #13972); output-only input is ignored (AIP-203);
a missing parent or resource is NOT_FOUND (AIP-131, AIP-133); a second create ALREADY_EXISTS (AIP-133); a stale etag
ABORTED (AIP-154; Secret Manager answers FAILED_PRECONDITION, the AIP's older rule).
"""

from dataclasses import dataclass, field
from typing import Any

from tests.local_gcp.conftest import DEV

GLOBAL, EAST = f"projects/{DEV}/locations/global", f"projects/{DEV}/locations/us-east1"
TOPIC = f"projects/{DEV}/topics/fidelity-topic"
LEVEL = {"title": "t", "basic": {"conditions": [{"regions": ["DE"]}]}}
LOG_MATCH = {
    "displayName": "fidelity",
    "conditions": [{"displayName": "c", "conditionMatchedLog": {"filter": 'a="b"'}}],
    "alertStrategy": {"notificationRateLimit": {"period": "300s"}},
}


@dataclass(frozen=True)
class Collection:
    """One collection: how a good create looks, and what makes it a bad one."""

    source: str
    """Where its reference documents it: the API, and the resource."""
    create: str
    """Verb and path of a create; {id} is the new name, {parent} what it lies in."""
    get: str
    """Path of what was created."""
    body: dict[str, Any] = field(default_factory=dict)
    wrap: str = ""
    """The field of the request that holds the resource, where it is not the body itself."""
    name: str = ""
    """The field of the body that holds the name, where it does not stand in the address."""
    named: str = "{id}"
    """How the name stands there."""
    enum: tuple[str, ...] = ()
    """Path to a field that takes one of some words."""
    output: str = ""
    """A field that only the service fills in."""
    bad: str = ""
    """A name the collection does not take."""
    parent: str = ""
    """A parent that is not there, instead of the one in the path."""
    etag: str = ""
    """An update mask that goes with a stale etag."""
    made: str = "fidelity-made"
    """An id for a good create."""


COLLECTIONS = {
    "secrets": Collection(
        "Secret Manager API v1, projects.secrets",
        f"POST /v1/projects/{DEV}/secrets?secretId={{id}}",
        f"/v1/projects/{DEV}/secrets/{{id}}",
        {"replication": {"automatic": {}}},
        enum=("secretType",), output="createTime", bad="a.b", etag="labels",
    ),
    "versions": Collection(
        "Secret Manager API v1, projects.secrets.versions",
        f"POST /v1/projects/{DEV}/secrets/{{parent}}:addVersion",
        f"/v1/projects/{DEV}/secrets/fidelity-secret/versions/{{id}}",
        {"payload": {"data": "eA=="}}, parent="nothing",
    ),
    "keyRings": Collection(
        "Cloud KMS API v1, projects.locations.keyRings",
        f"POST /v1/{GLOBAL}/keyRings?keyRingId={{id}}", f"/v1/{GLOBAL}/keyRings/{{id}}",
        output="createTime", bad="a.b",
    ),
    "cryptoKeys": Collection(
        "Cloud KMS API v1, projects.locations.keyRings.cryptoKeys",
        f"POST /v1/{GLOBAL}/keyRings/{{parent}}/cryptoKeys?cryptoKeyId={{id}}",
        f"/v1/{GLOBAL}/keyRings/fidelity-ring/cryptoKeys/{{id}}",
        {"purpose": "ENCRYPT_DECRYPT"}, enum=("purpose",), output="createTime", bad="a.b", parent="nothing",
    ),
    "cryptoKeyVersions": Collection(
        "Cloud KMS API v1, projects.locations.keyRings.cryptoKeys.cryptoKeyVersions",
        f"POST /v1/{GLOBAL}/keyRings/fidelity-ring/cryptoKeys/{{parent}}/cryptoKeyVersions",
        f"/v1/{GLOBAL}/keyRings/fidelity-ring/cryptoKeys/fidelity-key/cryptoKeyVersions/{{id}}",
        enum=("state",), parent="nothing",
    ),
    "topics": Collection(
        "Pub/Sub API v1, projects.topics",
        f"PUT /v1/projects/{DEV}/topics/{{id}}", f"/v1/projects/{DEV}/topics/{{id}}",
        bad="1a", output="state",
    ),
    "subscriptions": Collection(
        "Pub/Sub API v1, projects.subscriptions",
        f"PUT /v1/projects/{DEV}/subscriptions/{{id}}", f"/v1/projects/{DEV}/subscriptions/{{id}}",
        {"topic": TOPIC}, bad="goog-a", output="topicMessageRetentionDuration",
    ),
    "serviceAccounts": Collection(
        "IAM API v1, projects.serviceAccounts",
        f"POST /v1/projects/{DEV}/serviceAccounts",
        f"/v1/projects/{DEV}/serviceAccounts/{{id}}@{DEV}.iam.gserviceaccount.com",
        {"serviceAccount": {"displayName": "x"}}, wrap="serviceAccount", name="accountId", bad="A", output="uniqueId",
    ),
    "keys": Collection(
        "IAM API v1, projects.serviceAccounts.keys",
        f"POST /v1/projects/{DEV}/serviceAccounts/{{parent}}@{DEV}.iam.gserviceaccount.com/keys",
        f"/v1/projects/{DEV}/serviceAccounts/fidelity-account@{DEV}.iam.gserviceaccount.com/keys/{{id}}",
        enum=("keyAlgorithm",), parent="nothing-here",
    ),
    "roles": Collection(
        "IAM API v1, projects.roles",
        f"POST /v1/projects/{DEV}/roles", f"/v1/projects/{DEV}/roles/{{id}}",
        {"role": {"title": "x"}}, wrap="role", name="roleId", enum=("role", "stage"), bad="a-b",
        made="fidelity_made", etag="title",
    ),
    "workloadIdentityPools": Collection(
        "IAM API v1, projects.locations.workloadIdentityPools",
        f"POST /v1/{GLOBAL}/workloadIdentityPools?workloadIdentityPoolId={{id}}",
        f"/v1/{GLOBAL}/workloadIdentityPools/{{id}}",
        enum=("mode",), output="state", bad="aws",
    ),
    "providers": Collection(
        "IAM API v1, projects.locations.workloadIdentityPools.providers",
        f"POST /v1/{GLOBAL}/workloadIdentityPools/{{parent}}/providers?workloadIdentityPoolProviderId={{id}}",
        f"/v1/{GLOBAL}/workloadIdentityPools/fidelity-pool/providers/{{id}}",
        {"aws": {"accountId": "1" * 12}}, output="state", bad="gcp-x", parent="nothing",
    ),
    "functions": Collection(
        "Cloud Functions API v2, projects.locations.functions",
        f"POST /v2/{EAST}/functions?functionId={{id}}", f"/v2/{EAST}/functions/{{id}}",
        {"buildConfig": {"runtime": "python312", "entryPoint": "read"}}, enum=("environment",), bad="A_b",
    ),
    "jobs": Collection(
        "Cloud Scheduler API v1, projects.locations.jobs",
        f"POST /v1/{EAST}/jobs", f"/v1/{EAST}/jobs/{{id}}",
        {"schedule": "* * * * *", "pubsubTarget": {"topicName": TOPIC, "data": "eA=="}},
        name="name", named=f"{EAST}/jobs/{{id}}",
        enum=("httpTarget", "httpMethod"), output="lastAttemptTime", bad="a.b",
    ),
    "metrics": Collection(
        "Cloud Logging API v2, projects.metrics",
        f"POST /v2/projects/{DEV}/metrics", f"/v2/projects/{DEV}/metrics/{{id}}",
        {"filter": 'a="b"'}, name="name", enum=("metricDescriptor", "metricKind"), output="createTime", bad="a b",
    ),
    "sinks": Collection(
        "Cloud Logging API v2, projects.sinks",
        f"POST /v2/projects/{DEV}/sinks", f"/v2/projects/{DEV}/sinks/{{id}}",
        {"destination": f"pubsub.googleapis.com/{TOPIC}"},
        name="name", enum=("outputVersionFormat",), output="createTime", bad="a b",
    ),
    "buckets": Collection(
        "Cloud Logging API v2, projects.locations.buckets",
        f"POST /v2/{GLOBAL}/buckets?bucketId={{id}}", f"/v2/{GLOBAL}/buckets/{{id}}",
        output="lifecycleState", bad="-a",
    ),
    "alertPolicies": Collection(
        "Cloud Monitoring API v3, projects.alertPolicies",
        f"POST /v3/projects/{DEV}/alertPolicies", f"/v3/projects/{DEV}/alertPolicies/{{id}}",
        LOG_MATCH, enum=("combiner",),
    ),
    "notificationChannels": Collection(
        "Cloud Monitoring API v3, projects.notificationChannels",
        f"POST /v3/projects/{DEV}/notificationChannels", f"/v3/projects/{DEV}/notificationChannels/{{id}}",
        {"type": "email", "labels": {"email_address": "team@example.com"}}, enum=("verificationStatus",),
    ),
    "accessLevels": Collection(
        "Access Context Manager API v1, accessPolicies.accessLevels",
        "POST /v1/accessPolicies/{parent}/accessLevels", "/v1/accessPolicies/{parent}/accessLevels/{id}",
        LEVEL, name="name", enum=("basic", "combiningFunction"), bad="a-b", parent="999", made="fidelity",
        named="accessPolicies/{parent}/accessLevels/{id}",
    ),
}  # fmt: skip
