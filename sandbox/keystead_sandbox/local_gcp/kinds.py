"""The kinds of resources the sandbox keeps: what names them, what may change, and Google's words about them."""

import re
from dataclasses import dataclass
from functools import cached_property

LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Kind:
    """One collection of one API."""

    key: str
    schema: str
    type: str
    pattern: str = r"[a-zA-Z0-9_-]{1,255}"
    identifier: str = ""
    """Query parameter that names a new resource; empty: its body does (`name`), or the sandbox makes one up."""
    times: tuple[str, ...] = ("createTime",)
    etag: bool = False
    fixed: tuple[str, ...] = ()
    """Fields that cannot change after creation."""
    exists: str = "Resource '{name}' already exists"
    missing: str = "Resource '{name}' was not found"
    slow: bool = False
    """Create, update and delete answer a long-running operation."""

    @property
    def api(self) -> str:
        """The API it belongs to."""
        return self.key.partition(".")[0]

    @property
    def collection(self) -> str:
        """The last collection of its names."""
        return self.key.partition(".")[2]

    @cached_property
    def id(self) -> re.Pattern[str]:
        """What the last part of its names looks like."""
        return re.compile(self.pattern)


BOTH = ("createTime", "updateTime")


def _kms(collection: str, schema: str, identifier: str = "", fixed: tuple[str, ...] = ()) -> Kind:
    return Kind(
        f"cloudkms.{collection}",
        schema,
        f"cloudkms.googleapis.com/{schema}",
        r"[a-zA-Z0-9_-]{1,63}",
        identifier,
        fixed=fixed,
        exists="{kind} {name} already exists.",
        missing="{kind} {name} not found.",
    )


def _pubsub(collection: str, schema: str, fixed: tuple[str, ...] = ()) -> Kind:
    return Kind(
        f"pubsub.{collection}",
        schema,
        f"pubsub.googleapis.com/{schema}",
        r"(?!goog)[A-Za-z][A-Za-z0-9._~%+-]{2,254}",
        times=(),
        fixed=fixed,
        exists="Resource already exists in the project (resource={id}).",
        missing="Resource not found (resource={id}).",
    )


def _secrets(collection: str, schema: str, words: str, identifier: str = "", fixed: tuple[str, ...] = ()) -> Kind:
    return Kind(
        f"secretmanager.{collection}",
        schema,
        f"secretmanager.googleapis.com/{schema}",
        identifier=identifier,
        etag=True,
        fixed=fixed,
        exists=f"{words} [{{name}}] already exists.",
        missing=f"{words} [{{name}}] not found.",
    )


KINDS = {
    kind.key: kind
    for kind in (
        _secrets("secrets", "Secret", "Secret", "secretId", ("secretType", "tags")),
        _secrets("versions", "SecretVersion", "Secret Version"),
        _kms("keyRings", "KeyRing", "keyRingId"),
        _kms(
            "cryptoKeys",
            "CryptoKey",
            "cryptoKeyId",
            ("purpose", "destroyScheduledDuration", "importOnly", "cryptoKeyBackend"),
        ),
        _kms("cryptoKeyVersions", "CryptoKeyVersion"),
        _pubsub("topics", "Topic", ("kmsKeyName",)),
        _pubsub("subscriptions", "Subscription", ("topic", "filter", "enableMessageOrdering")),
        Kind(
            "iam.serviceAccounts",
            "ServiceAccount",
            "iam.googleapis.com/ServiceAccount",
            r"[a-z]([-a-z0-9]{4,28}[a-z0-9])",
            times=(),
            etag=True,
            exists="Service account {id} already exists within project {parent}.",
            missing="Unknown service account",
        ),
        Kind(
            "iam.keys",
            "ServiceAccountKey",
            "iam.googleapis.com/ServiceAccountKey",
            times=(),
            missing="Key {id} does not exist.",
        ),
        Kind(
            "iam.roles",
            "Role",
            "iam.googleapis.com/Role",
            r"[a-zA-Z0-9_.]{3,64}",
            times=(),
            etag=True,
            exists="A role named {id} in {parent} already exists.",
            missing="The role named {name} was not found.",
        ),
        Kind(
            "iam.workloadIdentityPools",
            "WorkloadIdentityPool",
            "iam.googleapis.com/WorkloadIdentityPool",
            r"[a-z0-9-]{4,32}",
            "workloadIdentityPoolId",
            times=(),
            fixed=("mode",),
            exists="Requested entity already exists",
            missing="Requested entity was not found.",
        ),
        Kind(
            "iam.providers",
            "WorkloadIdentityPoolProvider",
            "iam.googleapis.com/WorkloadIdentityPoolProvider",
            r"[a-z0-9-]{4,32}",
            "workloadIdentityPoolProviderId",
            times=(),
            exists="Requested entity already exists",
            missing="Requested entity was not found.",
        ),
        Kind(
            "cloudfunctions.functions",
            "Function",
            "cloudfunctions.googleapis.com/Function",
            r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
            "functionId",
            times=BOTH,
            slow=True,
        ),
        Kind("run.services", "GoogleCloudRunV2Service", "run.googleapis.com/Service", times=BOTH),
        Kind(
            "cloudscheduler.jobs",
            "Job",
            "cloudscheduler.googleapis.com/Job",
            r"[a-zA-Z0-9_-]{1,500}",
            times=(),
            exists="Job already exists: {name}",
            missing="Job not found.",
        ),
        Kind(
            "logging.sinks",
            "LogSink",
            "logging.googleapis.com/LogSink",
            r"[a-zA-Z0-9_.-]{1,100}",
            times=BOTH,
            exists="Sink {id} already exists",
            missing="Sink {id} does not exist",
        ),
        Kind(
            "logging.buckets",
            "LogBucket",
            "logging.googleapis.com/LogBucket",
            r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}",
            "bucketId",
            times=BOTH,
            exists="Bucket {id} already exists",
            missing="Bucket {name} does not exist",
        ),
        Kind(
            "logging.metrics",
            "LogMetric",
            "logging.googleapis.com/LogMetric",
            r"[a-zA-Z0-9_.,+!*',()%/-]{1,100}",
            times=BOTH,
            exists="Metric {id} already exists",
            missing="Metric {id} does not exist",
        ),
        Kind(
            "monitoring.alertPolicies",
            "AlertPolicy",
            "monitoring.googleapis.com/AlertPolicy",
            times=(),
            missing="AlertPolicy {name} not found.",
        ),
        Kind(
            "monitoring.notificationChannels",
            "NotificationChannel",
            "monitoring.googleapis.com/NotificationChannel",
            times=(),
            missing="NotificationChannel {name} not found.",
        ),
        Kind(
            "accesscontextmanager.accessPolicies",
            "AccessPolicy",
            "accesscontextmanager.googleapis.com/AccessPolicy",
            times=(),
            etag=True,
            slow=True,
        ),
        Kind(
            "accesscontextmanager.accessLevels",
            "AccessLevel",
            "accesscontextmanager.googleapis.com/AccessLevel",
            r"[a-zA-Z][a-zA-Z0-9_]{0,49}",
            times=(),
            slow=True,
        ),
    )
}
