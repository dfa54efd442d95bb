"""Records and alarms: every use of a key or secret is recorded, kept, and somebody is told when that stops."""

from collections.abc import Iterator

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
    fix="list ADMIN_READ, DATA_READ and DATA_WRITE",
)
def reads_are_recorded(audit: Resource, _context: Context) -> Iterator[str]:
    """The audit log of all services, Secret Manager or Cloud KMS has reads and writes: reads are off by themselves."""
    if audit.properties.get("service") not in _SERVICES:
        return
    found = {entry.get("logType") for entry in audit.properties.items_of("auditLogConfigs")}
    if missing := sorted(_TYPES - found):
        yield f"{', '.join(missing)} of {audit.properties.get('service')} leaves no trace"


@rule(
    _AUDIT,
    severity=Severity.HIGH,
    controls=["CIS-GCP-2.1", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_LOGGING}/audit/configure-data-access",
    fix="remove exempted_members",
)
def nobody_is_left_out_of_the_record(audit: Resource, _context: Context) -> Iterator[str]:
    """No member's use of the services is left out of the audit log."""
    for entry in audit.properties.items_of("auditLogConfigs"):
        if exempted := [str(member) for member in entry.items_of("exemptedMembers")]:
            yield f"{entry.get('logType')} by {', '.join(exempted)} leaves no trace"


@rule(
    _SINK,
    severity=Severity.MEDIUM,
    controls=["CIS-GCP-2.2", "PCI-10.3.2", "NIST-800-53-AU-9"],
    link=f"{_LOGGING}/export/configure_export_v2",
    fix="remove disabled and exclusions",
)
def sink_is_on_and_complete(sink: Resource, _context: Context) -> Iterator[str]:
    """A sink sends what it is for: it is on, and excludes nothing."""
    if sink.properties.get("disabled"):
        yield "it is switched off"
    for exclusion in sink.properties.items_of("exclusions"):
        if not exclusion.get("disabled"):
            yield f"it leaves out {exclusion.get('name')!r}"


@rule(
    _SINK,
    severity=Severity.LOW,
    controls=["NIST-800-53-AU-9", "NIST-800-53-AC-6"],
    link=f"{_LOGGING}/export/configure_export_v2",
    fix="set unique_writer_identity=True",
)
def sink_writes_as_itself(sink: Resource, _context: Context) -> Iterator[str]:
    """A sink writes with an identity of its own, not with one that all sinks share."""
    if sink.properties.get("uniqueWriterIdentity", True) is False:
        yield "it writes as cloud-logs@google.com, as other projects' sinks do"


@rule(
    _BUCKET,
    severity=Severity.MEDIUM,
    controls=["PCI-10.5.1", "NIST-800-53-AU-11"],
    link=f"{_LOGGING}/buckets",
    fix="set retention_days=365",
    options={"min_days": 365, "min_days_low": 30, "min_days_standard": 90},
    repair=lambda _bucket, context: {"retentionDays": context.options["min_days"]},
)
def log_bucket_keeps_a_year(bucket: Resource, context: Context) -> Iterator[str]:
    """A log bucket keeps what it has for at least `min_days` days; Cloud Logging keeps 30 by itself."""
    wanted = limit(bucket, context, "min_days")
    days = bucket.properties.get("retentionDays", 30)
    if days < wanted:
        yield f"its records are kept {days} days"


@rule(
    _BUCKET,
    severity=Severity.LOW,
    controls=["NIST-800-53-AU-9(3)", "PCI-10.3.2"],
    link=f"{_LOGGING}/routing/managed-encryption-storage",
    fix="set cmek_settings",
    levels={"production": Level.ADVISORY},
)
def log_bucket_has_a_customer_key(bucket: Resource, _context: Context) -> Iterator[str]:
    """A log bucket is encrypted by a customer key."""
    if not bucket.properties.given("cmekSettings"):
        yield "it is encrypted by Google's own key"


@rule(
    "gcp:monitoring/alertPolicy:AlertPolicy",
    severity=Severity.HIGH,
    controls=["PCI-10.7.2", "NIST-800-53-SI-4", "OWASP-SM-6.4"],
    link="https://cloud.google.com/monitoring/alerts",
    fix="set notification_channels, and leave enabled on",
)
def alert_reaches_somebody(alert: Resource, _context: Context) -> Iterator[str]:
    """An alert tells somebody."""
    if alert.properties.get("enabled", True) is False:
        yield "it is switched off"
    elif not alert.properties.given("notificationChannels") or alert.properties.items_of("notificationChannels") == []:
        yield "it tells nobody"


@rule(
    "gcp:pubsub/topic:Topic",
    severity=Severity.LOW,
    controls=["NIST-800-53-SC-28(1)"],
    link="https://cloud.google.com/pubsub/docs/encryption",
    fix="set kms_key_name",
    levels={"production": Level.ADVISORY},
)
def topic_has_a_customer_key(topic: Resource, _context: Context) -> Iterator[str]:
    """Messages of a topic are encrypted by a customer key."""
    if not topic.properties.given("kmsKeyName"):
        yield "its messages are encrypted by Google's own key"
