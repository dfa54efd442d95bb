"""Audit logs and alarms: use of keys and secrets is recorded and retained, and alarms notify their owners."""

from collections.abc import Iterator

from keystead_policies.engine.resources.grants import granted_to_the_public
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Level, Severity, limit, rule

_AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
_SINK = "gcp:logging/projectSink:ProjectSink"
_BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
_LOGGING = "https://cloud.google.com/logging/docs"
_SERVICES = ("allServices", "secretmanager.googleapis.com", "cloudkms.googleapis.com")
_TYPES = {"ADMIN_READ", "DATA_READ", "DATA_WRITE"}


@rule(
    _AUDIT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-2.1", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_LOGGING}/audit/configure-data-access",
    fix="add ADMIN_READ, DATA_READ and DATA_WRITE to `auditLogConfigs`",
)
def reads_are_recorded(audit: Resource, _context: Context) -> Iterator[str]:
    """Cloud Audit Logs record data access to Secret Manager and Cloud KMS.

    Google Cloud does not record data access unless it is configured.
    """
    if audit.properties.get("service") not in _SERVICES:
        return
    found = {entry.get("logType") for entry in audit.properties.items_of("auditLogConfigs")}
    if missing := sorted(_TYPES - found):
        service = audit.properties.get("service")
        yield f"`auditLogConfigs` of {service} does not include {', '.join(missing)}"


@rule(
    _AUDIT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-2.1", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_LOGGING}/audit/configure-data-access",
    fix="remove `exemptedMembers`",
)
def nobody_is_left_out_of_the_record(audit: Resource, _context: Context) -> Iterator[str]:
    """Cloud Audit Logs record all members without exemptions."""
    for entry in audit.properties.items_of("auditLogConfigs"):
        if exempted := [str(member) for member in entry.items_of("exemptedMembers")]:
            yield f"`exemptedMembers` of {entry.get('logType')} includes {', '.join(exempted)}"


@rule(
    _SINK,
    severity=Severity.MEDIUM,
    controls=["CIS-GCP-2.2", "PCI-10.3.2", "NIST-800-53-AU-9"],
    partly=["CIS-GCP-2.2"],
    link=f"{_LOGGING}/export/configure_export_v2",
    fix="remove `disabled` and `exclusions`",
)
def sink_is_on_and_complete(sink: Resource, _context: Context) -> Iterator[str]:
    """Cloud Logging sinks are enabled and have no exclusions."""
    if sink.properties.flag("disabled"):
        yield "`disabled` is true"
    for exclusion in sink.properties.items_of("exclusions"):
        if not exclusion.flag("disabled"):
            yield f"`exclusions` includes {exclusion.get('name')!r}"


@rule(
    _SINK,
    severity=Severity.LOW,
    controls=["NIST-800-53-AU-9", "NIST-800-53-AC-6"],
    link=f"{_LOGGING}/export/configure_export_v2",
    fix="set `uniqueWriterIdentity` to true",
)
def sink_writes_as_itself(sink: Resource, _context: Context) -> Iterator[str]:
    """Cloud Logging sinks use a unique writer identity."""
    if not sink.properties.flag("uniqueWriterIdentity", default=True):
        yield "`uniqueWriterIdentity` is false, so the sink writes as cloud-logs@google.com"


@rule(
    _BUCKET,
    severity=Severity.MEDIUM,
    controls=["PCI-10.5.1", "NIST-800-53-AU-11"],
    link=f"{_LOGGING}/buckets",
    fix="raise `retentionDays`",
    options={"min_days": 365, "min_days_low": 30, "min_days_standard": 90},
    repair=lambda _bucket, context: {"retentionDays": context.options["min_days"]},
)
def log_bucket_keeps_a_year(bucket: Resource, context: Context) -> Iterator[str]:
    """Cloud Logging buckets retain logs for at least `min_days` days (default {min_days}).

    Cloud Logging retains logs for 30 days where `retentionDays` is not set.
    """
    wanted = limit(bucket, context, "min_days")
    days = bucket.properties.number("retentionDays", 30)
    if days < wanted:
        yield f"`retentionDays` is {days}, at least {wanted} is required"


@rule(
    _BUCKET,
    severity=Severity.LOW,
    controls=["NIST-800-53-AU-9(3)", "PCI-10.3.2"],
    link=f"{_LOGGING}/routing/managed-encryption-storage",
    fix="set `cmekSettings`",
    levels={"production": Level.ADVISORY},
)
def log_bucket_has_a_customer_key(bucket: Resource, _context: Context) -> Iterator[str]:
    """Cloud Logging buckets are encrypted with customer-managed encryption keys (CMEK)."""
    if not bucket.properties.given("cmekSettings"):
        yield "`cmekSettings` is not set, so logs are encrypted with a Google-managed key"


@rule(
    "gcp:monitoring/alertPolicy:AlertPolicy",
    severity=Severity.HIGH,
    controls=["PCI-10.7.2", "NIST-800-53-SI-4", "OWASP-SM-6.4"],
    link="https://cloud.google.com/monitoring/alerts",
    fix="set `notificationChannels`, and set `enabled` to true",
)
def alert_reaches_somebody(alert: Resource, _context: Context) -> Iterator[str]:
    """Cloud Monitoring alert policies are enabled and have a notification channel."""
    if not alert.properties.flag("enabled", default=True):
        yield "`enabled` is false"
    elif not alert.properties.given("notificationChannels") or alert.properties.items_of("notificationChannels") == []:
        yield "`notificationChannels` is empty, so nobody is notified"


@rule(
    "gcp:pubsub/topic:Topic",
    severity=Severity.LOW,
    controls=["NIST-800-53-SC-28(1)"],
    link="https://cloud.google.com/pubsub/docs/encryption",
    fix="set `kmsKeyName` to a customer-managed key",
    levels={"production": Level.ADVISORY},
)
def topic_has_a_customer_key(topic: Resource, _context: Context) -> Iterator[str]:
    """Pub/Sub topics are encrypted with customer-managed encryption keys (CMEK)."""
    if not topic.properties.given("kmsKeyName"):
        yield "`kmsKeyName` is not set, so messages are encrypted with a Google-managed key"


@rule(
    _BUCKET,
    severity=Severity.LOW,
    controls=["PCI-10.3.2", "NIST-800-53-AU-9"],
    link=f"{_LOGGING}/buckets",
    fix="set `locked` to true once the retention period is final",
    levels={"production": Level.ADVISORY, "development": Level.DISABLED},
)
def log_bucket_is_locked(bucket: Resource, _context: Context) -> Iterator[str]:
    """Cloud Logging buckets have their retention period locked.

    A locked bucket cannot be deleted before its logs expire, and its retention period cannot be shortened.
    """
    if not bucket.properties.flag("locked"):
        yield "`locked` is not true, so the retention period can be shortened"


@rule(
    "gcp:pubsub/topicIAMMember:TopicIAMMember",
    "gcp:pubsub/topicIAMBinding:TopicIAMBinding",
    "gcp:pubsub/topicIAMPolicy:TopicIAMPolicy",
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    "gcp:pubsub/subscriptionIAMBinding:SubscriptionIAMBinding",
    "gcp:pubsub/subscriptionIAMPolicy:SubscriptionIAMPolicy",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1"],
    link="https://cloud.google.com/pubsub/docs/access-control",
    fix="remove the member, and grant the role to the accounts that need it",
)
def messages_are_not_public(grant: Resource, _context: Context) -> Iterator[str]:
    """Pub/Sub topics and subscriptions are not publicly accessible."""
    yield from granted_to_the_public(grant)
