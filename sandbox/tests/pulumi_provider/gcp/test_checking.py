"""What the plugin refuses before anything is created, and what it fills in."""

import re
from typing import Any

import pytest
from keystead_sandbox.pulumi_provider.checking import check
from keystead_sandbox.pulumi_provider.errors import UnsupportedError
from keystead_sandbox.pulumi_provider.gcp.cloud import SETTINGS
from keystead_sandbox.pulumi_provider.gcp.schema import match
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from keystead_sandbox.pulumi_provider.gcp.values import Duration, Exactly, Member, Named, TimestampText, Whole
from keystead_sandbox.pulumi_provider.previews import fill
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN

RING = "gcp:kms/keyRing:KeyRing"
KEY = "gcp:kms/cryptoKey:CryptoKey"
SECRET = "gcp:secretmanager/secret:Secret"
MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
ACCOUNT = "gcp:serviceaccount/account:Account"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
OBJECT = "gcp:storage/bucketObject:BucketObject"
BUCKET = "gcp:storage/bucket:Bucket"
FUNCTION = "gcp:cloudfunctionsv2/function:Function"
JOB = "gcp:cloudscheduler/job:Job"
POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
POOL = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
SERVICE = "gcp:projects/service:Service"
AUTO = {"secretId": "s", "replication": {"auto": {}}}
GRANT = {"secretId": "s", "role": "roles/viewer", "member": "user:a@example.com"}
PLACED = {"location": "us-east1", "name": "rotator"}
CONDITION = {"displayName": "x", "conditionMatchedLog": {"filter": "x"}}
ALERT = {"displayName": "x", "combiner": "OR", "conditions": [CONDITION]}
PROBLEMS: list[tuple[str, dict[str, Any], str, str]] = [
    (RING, {"location": "us-east1", "labels": {}}, "labels", "KeyRing has no property 'labels' in the sandbox's table"),
    (RING, {}, "location", "missing required property"),
    (KEY, {"keyRing": "r", "rotationPerod": "1s"}, "rotationPerod", "did you mean 'rotationPeriod'"),
    (
        KEY,
        {"keyRing": "r", "cryptoKeyBackend": "x"},
        "cryptoKeyBackend",
        "the sandbox does not serve it",
    ),
    (KEY, {"keyRing": "r", "rotationPeriod": "90d"}, "rotationPeriod", "a duration in seconds such as 86400s"),
    (KEY, {"keyRing": "r", "purpose": "ENCRYPT"}, "purpose", "expected one of .*did you mean 'ENCRYPT_DECRYPT'"),
    (KEY, {"keyRing": "r", "labels": {"a": 1}}, "labels.a", "expected a string, got a number"),
    (KEY, {"keyRing": "r", "deletionPolicy": "KEEP"}, "deletionPolicy", "expected one of .DELETE, PREVENT, ABANDON."),
    (KEY, {"keyRing": "r", "versionTemplate": {}}, "versionTemplate.algorithm", "missing required property"),
    (
        KEY,
        {"keyRing": "r", "versionTemplate": {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "HMS"}},
        "versionTemplate.protectionLevel",
        "did you mean 'HSM'",
    ),
    (KEY, {"keyRing": "r", "primaries": []}, "primaries", "has no property 'primaries'"),
    (SECRET, {"secretId": "s"}, "replication", "missing required property"),
    (SECRET, {"secretId": "s", "replication": {}}, "replication", "exactly one of auto and userManaged"),
    (SECRET, {**AUTO, "secretType": "x"}, "secretType", "the sandbox does not serve it"),
    (SECRET, {**AUTO, "replication": {"automatic": True}}, "replication.automatic", "unknown property.*auto"),
    (SECRET, {**AUTO, "topics": [{"topic": "t"}]}, "topics[0].topic", "unknown property; known are name"),
    (SECRET, {**AUTO, "rotation": {"rotationPeriod": "7200s"}}, "rotation", "needs topics"),
    (SECRET, {**AUTO, "expireTime": "soon"}, "expireTime", "expected a time such as"),
    (SECRET, {**AUTO, "ttl": "60s", "expireTime": "2030-01-01T00:00:00Z"}, "ttl", "only one of ttl and expireTime"),
    (SECRET, {**AUTO, "annotations": ["x"]}, "annotations", "expected an object of strings, got a list"),
    (MEMBER, {**GRANT, "member": "somebody"}, "member", "expected a member such as"),
    (MEMBER, {**GRANT, "member": "deleted:user:a@example.com?uid=1"}, "member", "deleted principal"),
    (MEMBER, {**GRANT, "condition": {"title": "t"}}, "condition.expression", "missing required property"),
    (MEMBER, {**GRANT, "role": ""}, "role", "expected 1 to any characters, got 0"),
    (ROLE, {"roleId": "r", "title": "t", "permissions": []}, "permissions", "at least one permission"),
    (
        AUDIT,
        {"project": "p", "service": "s", "auditLogConfigs": [{"logType": "READ"}]},
        "auditLogConfigs[0].logType",
        "expected one of .ADMIN_READ, DATA_WRITE, DATA_READ.",
    ),
    (ACCOUNT, {"accountId": "Reader"}, "accountId", "6 to 30 lower-case letters"),
    (ACCOUNT, {"accountId": "reader-one", "email": "x"}, "email", "has no property 'email'"),
    (SERVICE, {"service": "secretmanager"}, "service", "expected a domain such as"),
    (SUBSCRIPTION, {"name": "sub"}, "topic", "missing required property"),
    (SUBSCRIPTION, {"topic": "t", "ackDeadlineSeconds": "60"}, "ackDeadlineSeconds", "expected a number, got a string"),
    (SUBSCRIPTION, {"topic": "t", "pushConfig": {}}, "pushConfig.pushEndpoint", "missing required property"),
    (OBJECT, {"bucket": "b", "name": "n"}, "source", "exactly one of source and content"),
    (
        OBJECT,
        {"bucket": "b", "name": "n", "source": "main.zip"},
        "source",
        "FileArchive.*, got a string",
    ),
    (BUCKET, {"location": "eu", "website": {}}, "website", "the sandbox does not serve it"),
    (BUCKET, {"location": "eu", "publicAccessPrevention": "on"}, "publicAccessPrevention", "inherited, enforced"),
    (FUNCTION, {**PLACED, "serviceConfig": {"uri": "https://x"}}, "serviceConfig.uri", "made by the cloud"),
    (FUNCTION, {**PLACED, "serviceConfig": {"ingressSettings": "ALLOW"}}, "serviceConfig.ingressSettings", "one of"),
    (JOB, {"name": "j"}, "httpTarget", "exactly one of httpTarget and pubsubTarget"),
    (JOB, {"name": "j", "httpTarget": {"uri": "u", "method": "POST"}}, "httpTarget.method", "unknown property"),
    (POLICY, {**ALERT, "combiner": "ANY"}, "combiner", "expected one of"),
    (POLICY, {**ALERT, "conditions": [{**CONDITION, "conditionSql": {}}]}, "conditions[0].conditionSql", "unknown"),
    (POOL, {"workloadIdentityPoolId": "aws"}, "workloadIdentityPoolId", "4 to 32 lower-case"),
    (
        PROVIDER,
        {"workloadIdentityPoolId": "pool", "workloadIdentityPoolProviderId": "amazon"},
        "aws",
        "exactly one of aws, oidc and saml",
    ),
]


def _check(type_name: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> tuple[dict[str, Any], Any]:
    return check(RESOURCES.find(type_name), "subject", news, olds or {}, b"seed")


@pytest.mark.parametrize(("type_name", "news", "path", "reason"), PROBLEMS)
def test_a_wrong_property_is_refused_by_name(type_name: str, news: dict[str, Any], path: str, reason: str) -> None:
    _, failures = _check(type_name, news)
    assert path in dict(failures)
    assert re.search(reason, dict(failures)[path])


def test_every_wrong_property_is_named_at_once() -> None:
    _, failures = _check(KEY, {"keyRing": "r", "descripton": "x", "labels": 3, "purpose": "x"})
    assert [name for name, _ in failures] == ["descripton", "labels", "purpose"]


def test_a_refusal_never_repeats_the_value() -> None:
    _, failures = _check(SECRET, {**AUTO, "ttl": "canary-4711", "labels": ["canary-4711"], "topics": "canary-4711"})
    assert len(failures) == 3
    assert "4711" not in str(failures)


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match=r"cannot make gcp:kms/keyRings:KeyRing;.*did you mean 'gcp:kms/keyRing"):
        RESOURCES.find("gcp:kms/keyRings:KeyRing")
    with pytest.raises(UnsupportedError, match="cannot make gcp:secretmanager/secretVersion:SecretVersion"):
        RESOURCES.find("gcp:secretmanager/secretVersion:SecretVersion")


def test_what_is_known_only_later_passes_the_check() -> None:
    nested = {**AUTO, "topics": [{"name": UNKNOWN}], "rotation": {"rotationPeriod": UNKNOWN}}
    assert _check(SECRET, nested)[1] == []
    assert _check(ACCOUNT, {"accountId": UNKNOWN})[1] == []
    identifiers = {"workloadIdentityPoolId": UNKNOWN, "workloadIdentityPoolProviderId": UNKNOWN}
    assert _check(PROVIDER, {**identifiers, "aws": UNKNOWN})[1] == []


def test_defaults_of_the_official_provider_are_filled_in() -> None:
    inputs, failures = _check(KEY, {"keyRing": "r", "name": "k"})
    assert failures == []
    assert inputs["purpose"] == "ENCRYPT_DECRYPT"
    assert "purpose" in inputs["__defaults"]
    assert _check(SUBSCRIPTION, {"topic": "t"})[0]["messageRetentionDuration"] == "604800s"
    assert _check(POLICY, ALERT)[0]["enabled"] is True


def test_made_names_keep_what_a_service_asks_of_them() -> None:
    assert re.fullmatch(r"subject-[0-9a-f]{7}", _check(RING, {"location": "us-east1"})[0]["name"])
    role = _check(ROLE, {"title": "t", "permissions": ["a.b.c"]})[0]["roleId"]
    assert re.fullmatch(r"[a-zA-Z0-9_.]{3,64}", role)
    account, failures = _check(ACCOUNT, {})
    assert failures == []
    again, _ = _check(ACCOUNT, {}, account)
    assert again["accountId"] == account["accountId"]


def test_provider_settings_are_those_of_the_official_provider() -> None:
    given = {"project": "acme-dev", "region": "us-east1", "defaultLabels": '{"a": "b"}', "kmsCustomEndpoint": "x"}
    assert SETTINGS.check({**given, "addPulumiAttributionLabel": "false", "version": "10.2.0"}) == []
    ((name, reason),) = SETTINGS.check({"defaultLabel": {}})
    assert name == "defaultLabel"
    assert "did you mean 'defaultLabels'" in reason
    wrong = {"project": "", "defaultLabels": '{"a": 1}', "deletionPolicy": "KEEP", "addPulumiAttributionLabel": "no"}
    assert {name for name, _ in SETTINGS.check(wrong)} == set(wrong)


def test_what_the_official_provider_holds_to_be_the_same_is_no_difference() -> None:
    assert Duration().same("86400s", "86400.0s")
    assert not Duration().same("86400s", "86401s")
    assert TimestampText().same("2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000Z")
    assert Named().same("projects/p/topics/t", "t")
    assert not Named().same("projects/p/topics/t", "projects/q/topics/t")
    assert Exactly().same("projects/1/topics/t", "projects/p/topics/t")
    assert Member().same("user:A@example.com", "user:a@example.com")
    assert not Member().same("principal://X", "principal://x")
    assert Whole().decode(Whole().encode(7)) == 7


def test_ids_are_made_and_taken_apart_by_the_same_template() -> None:
    template = "projects/{project}/serviceAccounts/{id}@{project}.iam.gserviceaccount.com"
    values = {"project": "acme-dev", "id": "reader"}
    made = fill(template, values.get)
    assert made == "projects/acme-dev/serviceAccounts/reader@acme-dev.iam.gserviceaccount.com"
    assert match(template, made) == values
    assert match(template, made.replace("@acme-dev", "@acme-prod")) == {}
    ring = "projects/p/locations/l/keyRings/r"
    assert match("{+keyRing}/cryptoKeys/{name}", f"{ring}/cryptoKeys/k") == {"keyRing": ring, "name": "k"}
