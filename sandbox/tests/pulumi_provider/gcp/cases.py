"""For every type of the table: inputs that make one, a change in place, and a change that replaces it."""

import itertools
from collections.abc import Callable

from tests.pulumi_provider.engine_side import EngineSide, Made
from tests.pulumi_provider.every_type import Case, Inputs
from tests.pulumi_provider.local_sandbox import PROJECT

_numbers = itertools.count(1)
LOCATION = "us-east1"
CODE = "import functions_framework\n\n\n@functions_framework.http\ndef handle(request):\n    return 'ok'\n"


def unique(stem: str) -> str:
    """A name nobody else has: what cannot be deleted keeps its own."""
    return f"{stem}-{next(_numbers)}"


class Ground:
    """What other resources stand on, each made when first asked for."""

    def __init__(self, engine: EngineSide, code: Inputs, policy: str) -> None:
        self._engine, self.code, self.policy = engine, code, policy
        self._made: dict[str, Made] = {}

    def __getattr__(self, name: str) -> Made:
        if name not in self._made:
            type_name, inputs = self._recipes()[name]()
            self._made[name] = self._engine.create(type_name, f"ground-{name}", inputs)
        return self._made[name]

    def close(self) -> None:
        for made in reversed(self._made.values()):
            self._engine.delete(made)

    def _recipes(self) -> dict[str, Callable[[], tuple[str, Inputs]]]:
        return {**self._keys_and_secrets(), **self._messages(), **self._code(), **self._identities()}

    def _keys_and_secrets(self) -> dict[str, Callable[[], tuple[str, Inputs]]]:
        ring, key = "gcp:kms/keyRing:KeyRing", "gcp:kms/cryptoKey:CryptoKey"
        automatic: Inputs = {"replication": {"auto": {}}}
        return {
            "ring": lambda: (ring, {"location": LOCATION, "name": unique("ground")}),
            "other_ring": lambda: (ring, {"location": LOCATION, "name": unique("ground")}),
            "key": lambda: (key, {"keyRing": self.ring.id, "name": "ground"}),
            "other_key": lambda: (key, {"keyRing": self.ring.id, "name": "other-ground"}),
            "secret": lambda: ("gcp:secretmanager/secret:Secret", {"secretId": "ground", **automatic}),
        }

    def _messages(self) -> dict[str, Callable[[], tuple[str, Inputs]]]:
        topic, subscription = "gcp:pubsub/topic:Topic", "gcp:pubsub/subscription:Subscription"
        grant = "gcp:pubsub/topicIAMMember:TopicIAMMember"
        return {
            "topic": lambda: (topic, {"name": "ground"}),
            "other_topic": lambda: (topic, {"name": "other-ground"}),
            "published": lambda: (
                grant,
                {"topic": self.topic.id, "role": "roles/pubsub.publisher", "member": self.agent.state["member"]},
            ),
            "subscription": lambda: (subscription, {"name": "ground-one", "topic": self.topic.id}),
        }

    def _code(self) -> dict[str, Callable[[], tuple[str, Inputs]]]:
        bucket, item = "gcp:storage/bucket:Bucket", "gcp:storage/bucketObject:BucketObject"
        place = {"location": LOCATION, "uniformBucketLevelAccess": True}
        return {
            "bucket": lambda: (bucket, {"name": f"{PROJECT}-ground", **place}),
            "other_bucket": lambda: (bucket, {"name": f"{PROJECT}-other", **place}),
            "object": lambda: (item, {"bucket": self.bucket.id, "name": "ground.zip", "source": self.code}),
            "function": lambda: ("gcp:cloudfunctionsv2/function:Function", self.function_inputs("ground")),
        }

    @staticmethod
    def _identities() -> dict[str, Callable[[], tuple[str, Inputs]]]:
        account, pool = "gcp:serviceaccount/account:Account", "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
        identity = "gcp:projects/serviceIdentity:ServiceIdentity"
        return {
            "account": lambda: (account, {"accountId": "ground-one"}),
            "other_account": lambda: (account, {"accountId": "ground-other"}),
            "agent": lambda: (identity, {"service": "secretmanager.googleapis.com"}),
            "pool": lambda: (pool, {"workloadIdentityPoolId": unique("ground")}),
            "other_pool": lambda: (pool, {"workloadIdentityPoolId": unique("ground")}),
        }

    def function_inputs(self, name: str) -> Inputs:
        source = {"bucket": self.bucket.id, "object": self.object.state["name"]}
        return {
            "name": name,
            "location": LOCATION,
            "buildConfig": {
                "runtime": "python312",
                "entryPoint": "handle",
                "source": {"storageSource": {**source, "generation": self.object.state["generation"]}},
            },
            "serviceConfig": {
                "serviceAccountEmail": self.account.state["email"],
                "timeoutSeconds": 60,
                "ingressSettings": "ALLOW_INTERNAL_ONLY",
            },
        }


def member(type_name: str, ground: str, place: Callable[[Ground], Inputs], role: str, where: str) -> Case:
    """A membership: it changes by replacement only. `where` is the resource in the words of an import."""
    when = {"title": "soon", "expression": 'request.time < timestamp("2040-01-01T00:00:00Z")'}
    return Case(
        type_name,
        lambda g: {**place(g), "role": role, "member": g.account.state["member"], "condition": when},
        replacement=lambda g: {"member": g.other_account.state["member"]},
        imports=lambda made: f"{where.format(**made.state)} {made.state['role']} {made.state['member']} soon",
    )


CASES = (
    Case(
        "gcp:kms/keyRing:KeyRing",
        lambda _: {"location": LOCATION, "name": unique("ring")},
        replacement=lambda _: {"location": "us-west1"},
        stays=True,
    ),
    Case(
        "gcp:kms/cryptoKey:CryptoKey",
        lambda g: {
            "keyRing": g.ring.id,
            "name": unique("key"),
            "rotationPeriod": "7776000s",
            "labels": {"owner": "payments"},
            "destroyScheduledDuration": "86400s",
            "versionTemplate": {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "HSM"},
        },
        lambda _: {"rotationPeriod": "15552000s", "labels": {"owner": "risk", "more": "yes"}},
        lambda g: {"keyRing": g.other_ring.id},
        stays=True,
    ),
    member(
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "key",
        lambda g: {"cryptoKeyId": g.key.id},
        "roles/cloudkms.viewer",
        "{cryptoKeyId}",
    ),
    Case(
        "gcp:secretmanager/secret:Secret",
        lambda g: {
            "secretId": unique("secret"),
            "replication": {"auto": {}},
            "labels": {"owner": "payments"},
            "annotations": {"purpose": "charge cards"},
            "versionDestroyTtl": "86400s",
            "topics": [{"name": f"projects/{PROJECT}/topics/{g.published.state['topic'].rpartition('/')[2]}"}],
            "rotation": {"rotationPeriod": "7776000s", "nextRotationTime": "2039-01-01T00:00:00Z"},
        },
        lambda _: {
            "labels": None,
            "annotations": {"purpose": "refund cards"},
            "versionDestroyTtl": "172800s",
            "rotation": {"rotationPeriod": "15552000s", "nextRotationTime": "2039-01-01T00:00:00Z"},
        },
        lambda _: {"replication": {"userManaged": {"replicas": [{"location": "us-east1"}]}}},
    ),
    member(
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        "secret",
        lambda g: {"secretId": g.secret.state["secretId"]},
        "roles/secretmanager.secretAccessor",
        "projects/{project}/secrets/{secretId}",
    ),
    Case(
        "gcp:projects/service:Service",
        lambda _: {"service": "iamcredentials.googleapis.com"},
        lambda _: {"disableOnDestroy": False, "deletionPolicy": "ABANDON"},
        lambda _: {"service": "sts.googleapis.com"},
        stays=True,
        unread=frozenset({"disableOnDestroy"}),
    ),
    Case(
        "gcp:projects/serviceIdentity:ServiceIdentity",
        lambda _: {"service": "pubsub.googleapis.com"},
        replacement=lambda _: {"service": "run.googleapis.com"},
        stays=True,
        imports=None,
    ),
    member(
        "gcp:projects/iAMMember:IAMMember",
        "account",
        lambda _: {"project": PROJECT},
        "roles/logging.logWriter",
        "{project}",
    ),
    Case(
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        lambda _: {
            "roleId": unique("keystead_trial").replace("-", "_"),
            "title": "Reads secrets",
            "permissions": ["secretmanager.secrets.get", "secretmanager.secrets.list"],
            "description": "of one environment",
        },
        lambda _: {"title": "Lists secrets", "permissions": ["secretmanager.secrets.list"]},
        lambda _: {"roleId": unique("keystead_other").replace("-", "_")},
        stays=True,
    ),
    Case(
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        lambda _: {
            "project": PROJECT,
            "service": "secretmanager.googleapis.com",
            "auditLogConfigs": [{"logType": "DATA_READ"}, {"logType": "ADMIN_READ"}],
        },
        lambda _: {"auditLogConfigs": [{"logType": "DATA_WRITE"}]},
        imports=lambda made: f"{PROJECT} {made.state['service']}",
    ),
    Case(
        "gcp:serviceaccount/account:Account",
        lambda _: {"accountId": unique("reader"), "displayName": "reads", "description": "of one workload"},
        lambda _: {"displayName": "reads on", "disabled": True},
        lambda _: {"accountId": unique("writer")},
    ),
    member(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "account",
        lambda g: {"serviceAccountId": g.account.state["name"]},
        "roles/iam.serviceAccountTokenCreator",
        "{serviceAccountId}",
    ),
    Case(
        "gcp:pubsub/topic:Topic",
        lambda _: {"name": unique("topic"), "labels": {"a": "b"}, "messageRetentionDuration": "86400s"},
        lambda _: {"messageRetentionDuration": "172800s", "labels": {"c": "d"}},
        lambda _: {"name": unique("topic")},
    ),
    member(
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        "topic",
        lambda g: {"topic": g.topic.state["name"]},
        "roles/pubsub.publisher",
        "projects/{project}/topics/{topic}",
    ),
    Case(
        "gcp:pubsub/subscription:Subscription",
        lambda g: {
            "name": unique("subscription"),
            "topic": g.topic.id,
            "ackDeadlineSeconds": 60,
            "expirationPolicy": {"ttl": ""},
            "retryPolicy": {"minimumBackoff": "10s", "maximumBackoff": "600s"},
            "deadLetterPolicy": {"deadLetterTopic": g.other_topic.id, "maxDeliveryAttempts": 5},
            "filter": 'attributes.eventType = "SECRET_ROTATE"',
            "pushConfig": {
                "pushEndpoint": "https://127.0.0.1/push",
                "oidcToken": {"serviceAccountEmail": g.account.state["email"], "audience": "https://127.0.0.1/push"},
            },
        },
        lambda _: {"ackDeadlineSeconds": 120, "deadLetterPolicy": None},
        lambda g: {"topic": g.other_topic.id, "deadLetterPolicy": None},
    ),
    member(
        "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
        "subscription",
        lambda g: {"subscription": g.subscription.state["name"]},
        "roles/pubsub.subscriber",
        "projects/{project}/subscriptions/{subscription}",
    ),
    Case(
        "gcp:storage/bucket:Bucket",
        lambda _: {
            "name": unique(f"{PROJECT}-bucket"),
            "location": LOCATION,
            "uniformBucketLevelAccess": True,
            "publicAccessPrevention": "enforced",
            "versioning": {"enabled": True},
            "labels": {"owner": "payments"},
            "lifecycleRules": [{"action": {"type": "Delete"}, "condition": {"age": 30, "withState": "ARCHIVED"}}],
            "softDeletePolicy": {"retentionDurationSeconds": 0},
        },
        lambda _: {"versioning": {"enabled": False}, "labels": {"team": "risk"}, "lifecycleRules": None},
        lambda _: {"name": unique(f"{PROJECT}-bucket")},
        unread=frozenset({"labels", "forceDestroy"}),
    ),
    Case(
        "gcp:storage/bucketObject:BucketObject",
        lambda g: {"bucket": g.bucket.id, "name": unique("code"), "content": "first"},
        lambda _: {"content": "second"},
        lambda _: {"contentType": "application/json"},
        imports=None,
    ),
    member(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "bucket",
        lambda g: {"bucket": g.bucket.state["name"]},
        "roles/storage.objectViewer",
        "b/{bucket}",
    ),
    Case(
        "gcp:cloudfunctionsv2/function:Function",
        lambda g: {**g.function_inputs(unique("function")), "labels": {"a": "b"}, "description": "rotates"},
        lambda g: {
            "description": "rotates on",
            "serviceConfig": {"serviceAccountEmail": g.account.state["email"], "timeoutSeconds": 120},
        },
        lambda _: {"name": unique("function")},
    ),
    member(
        "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
        "function",
        lambda g: {"name": g.function.state["name"], "location": LOCATION},
        "roles/run.invoker",
        "projects/{project}/locations/{location}/services/{name}",
    ),
    Case(
        "gcp:cloudscheduler/job:Job",
        lambda g: {
            "name": unique("job"),
            "region": LOCATION,
            "schedule": "0 * * * *",
            "timeZone": "Etc/UTC",
            "attemptDeadline": "320s",
            "httpTarget": {
                "uri": "https://127.0.0.1/sweep",
                "httpMethod": "POST",
                "body": "eyJhY3Rpb24iOiAic3dlZXAifQ==",
                "headers": {"Content-Type": "application/json"},
                "oidcToken": {"serviceAccountEmail": g.account.state["email"], "audience": "https://127.0.0.1/sweep"},
            },
        },
        lambda _: {"schedule": "30 * * * *", "paused": True},
        lambda _: {"name": unique("job")},
    ),
    Case(
        "gcp:logging/metric:Metric",
        lambda _: {
            "name": unique("metric"),
            "filter": 'jsonPayload.event="rotation_failed"',
            "description": "failures",
            "metricDescriptor": {"metricKind": "DELTA", "valueType": "INT64"},
        },
        lambda _: {"filter": 'jsonPayload.event="rotation_late"', "description": None},
        lambda _: {"name": unique("metric")},
    ),
    Case(
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        lambda _: {
            "project": PROJECT,
            "location": LOCATION,
            "bucketId": unique("bucket"),
            "retentionDays": 90,
            "description": "what the rotator says",
        },
        lambda _: {"retentionDays": 180},
        lambda _: {"bucketId": unique("bucket")},
        stays=True,
    ),
    Case(
        "gcp:logging/projectSink:ProjectSink",
        lambda g: {
            "name": unique("sink"),
            "destination": f"pubsub.googleapis.com/{g.topic.id}",
            "filter": 'severity>="ERROR"',
            "uniqueWriterIdentity": True,
        },
        lambda _: {"filter": 'severity>="WARNING"', "description": "also warnings"},
        lambda _: {"name": unique("sink")},
    ),
    Case(
        "gcp:monitoring/alertPolicy:AlertPolicy",
        lambda _: {
            "displayName": unique("failed"),
            "combiner": "OR",
            "conditions": [
                {
                    "displayName": "failed",
                    "conditionMatchedLog": {"filter": 'jsonPayload.event="rotation_failed"'},
                }
            ],
            "alertStrategy": {"notificationRateLimit": {"period": "300s"}, "autoClose": "1800s"},
            "documentation": {"content": "look at the rotator", "mimeType": "text/markdown"},
            "userLabels": {"owner": "payments"},
            "severity": "ERROR",
        },
        lambda _: {"severity": "CRITICAL", "enabled": False, "documentation": None},
    ),
    Case(
        "gcp:monitoring/notificationChannel:NotificationChannel",
        lambda _: {
            "displayName": unique("mail"),
            "type": "email",
            "labels": {"email_address": "payments@example.com"},
            "userLabels": {"owner": "payments"},
        },
        lambda _: {"labels": {"email_address": "risk@example.com"}, "enabled": False},
        unread=frozenset(),
    ),
    Case(
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
        lambda _: {"workloadIdentityPoolId": unique("trial-pool"), "displayName": "of the rotator"},
        lambda _: {"displayName": "of another", "disabled": True},
        lambda _: {"workloadIdentityPoolId": unique("trial-pool")},
    ),
    Case(
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        lambda g: {
            "workloadIdentityPoolId": g.pool.state["workloadIdentityPoolId"],
            "workloadIdentityPoolProviderId": unique("aws"),
            "aws": {"accountId": "000000000042"},
            "attributeMapping": {
                "google.subject": "assertion.arn",
                "attribute.aws_role": "assertion.arn.extract('assumed-role/{role}/')",
            },
            "attributeCondition": "attribute.aws_role == 'trial-rotator'",
        },
        lambda _: {"attributeCondition": "attribute.aws_role == 'other-rotator'", "displayName": "other"},
        lambda g: {"workloadIdentityPoolId": g.other_pool.state["workloadIdentityPoolId"]},
    ),
    Case(
        "gcp:accesscontextmanager/accessLevel:AccessLevel",
        lambda g: {
            "parent": g.policy,
            "name": f"{g.policy}/accessLevels/{unique('office').replace('-', '_')}",
            "title": "office",
            "basic": {"conditions": [{"ipSubnetworks": ["203.0.113.0/24"], "regions": ["DE"]}]},
        },
        lambda _: {"title": "offices", "basic": {"conditions": [{"ipSubnetworks": ["198.51.100.0/24"]}]}},
        lambda g: {"name": f"{g.policy}/accessLevels/{unique('office').replace('-', '_')}"},
    ),
)
