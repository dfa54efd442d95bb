"""Audit logs and alarms: use of keys and secrets is recorded and retained, and alarms notify their owners."""

from collections.abc import Iterator

from keystead_policies.engine.resources.public_access import publicly_allowed
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import Context, Severity, limit, rule

_TRAIL = "aws:cloudtrail/trail:Trail"
_LOGS = "aws:cloudwatch/logGroup:LogGroup"
_TOPIC = "aws:sns/topic:Topic"
_QUEUE = "aws:sqs/queue:Queue"
_POLICIES = ("aws:sns/topicPolicy:TopicPolicy", "aws:sqs/queuePolicy:QueuePolicy")
_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide"


@rule(
    _TRAIL,
    severity=Severity.CRITICAL,
    controls=["FSBP-CloudTrail.3", "PCI-10.2.1", "NIST-800-53-AU-12"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-3",
    fix="set `enableLogging` to true",
)
def trail_is_on(trail: Resource, _context: Context) -> Iterator[str]:
    """CloudTrail logging is enabled."""
    if not trail.properties.flag("enableLogging", default=True):
        yield "`enableLogging` is false"


@rule(
    _TRAIL,
    severity=Severity.HIGH,
    controls=["CIS-AWS-3.1", "FSBP-CloudTrail.1", "PCI-10.2.1"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-1",
    fix="set `isMultiRegionTrail` and `includeGlobalServiceEvents` to true",
)
def trail_covers_all_regions(trail: Resource, _context: Context) -> Iterator[str]:
    """CloudTrail trails record all Regions and global services."""
    if not trail.properties.flag("isMultiRegionTrail"):
        yield "`isMultiRegionTrail` is not true, so only one Region is recorded"
    if not trail.properties.flag("includeGlobalServiceEvents", default=True):
        yield "`includeGlobalServiceEvents` is false, so IAM and STS are not recorded"


@rule(
    _TRAIL,
    severity=Severity.HIGH,
    controls=["CIS-AWS-3.2", "FSBP-CloudTrail.4", "PCI-10.3.4", "NIST-800-53-SI-7(7)"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-4",
    fix="set `enableLogFileValidation` to true",
    repair=lambda _trail, _context: {"enableLogFileValidation": True},
)
def trail_is_tamper_evident(trail: Resource, _context: Context) -> Iterator[str]:
    """CloudTrail log file validation is enabled."""
    if not trail.properties.flag("enableLogFileValidation"):
        yield "`enableLogFileValidation` is not true, so changed log files are not detected"


@rule(
    _TRAIL,
    severity=Severity.MEDIUM,
    controls=["CIS-AWS-3.5", "FSBP-CloudTrail.2", "NIST-800-53-AU-9(3)"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-2",
    fix="set `kmsKeyId` to a customer managed key",
)
def trail_has_a_customer_key(trail: Resource, _context: Context) -> Iterator[str]:
    """CloudTrail log files are encrypted with a customer managed KMS key."""
    if not trail.properties.given("kmsKeyId"):
        yield "`kmsKeyId` is not set, so log files are encrypted with an S3 managed key"


@rule(
    _TRAIL,
    severity=Severity.MEDIUM,
    controls=["FSBP-CloudTrail.5", "CIS-AWS-4.7", "PCI-10.4.1.1"],
    partly=["CIS-AWS-4.7"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-5",
    fix="set `cloudWatchLogsGroupArn` and `cloudWatchLogsRoleArn`",
)
def trail_can_raise_alarms(trail: Resource, _context: Context) -> Iterator[str]:
    """CloudTrail trails are integrated with CloudWatch Logs.

    Alarms on key deletion and policy changes are based on the events there.
    """
    if not trail.properties.given("cloudWatchLogsGroupArn"):
        yield "`cloudWatchLogsGroupArn` is not set, so no alarm can be raised on events"


@rule(
    _TRAIL,
    severity=Severity.HIGH,
    controls=["PCI-10.2.1", "NIST-800-53-AU-2", "OWASP-SM-2.6"],
    link="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html",
    fix="set `readWriteType` to `All`, and remove `excludeManagementEventSources`",
)
def trail_records_use_of_keys_and_secrets(trail: Resource, _context: Context) -> Iterator[str]:
    """CloudTrail trails record read events and KMS events.

    GetSecretValue and Decrypt are read management events.
    """
    selectors = trail.properties.items_of("eventSelectors")
    if selectors and not any(_records_reads(selector) for selector in selectors):
        yield "`eventSelectors` excludes read management events such as GetSecretValue and Decrypt"
    advanced = trail.properties.items_of("advancedEventSelectors")
    if advanced and not any(_records_all_management(selector) for selector in advanced):
        yield "`advancedEventSelectors` excludes read management events such as GetSecretValue and Decrypt"
    for selector in selectors:
        if excluded := list(selector.items_of("excludeManagementEventSources")):
            yield f"`excludeManagementEventSources` includes {', '.join(excluded)}"


def _records_reads(selector: Values) -> bool:
    reads = selector.get("readWriteType", "All") != "WriteOnly"
    return reads and selector.flag("includeManagementEvents", default=True)


def _records_all_management(selector: Values) -> bool:
    """Whether an advanced selector is for management events, without a limit to writes or to some services."""
    fields = {field.get("field"): list(field.items_of("equals")) for field in selector.items_of("fieldSelectors")}
    return fields.get("eventCategory") == ["Management"] and set(fields) == {"eventCategory"}


@rule(
    _LOGS,
    severity=Severity.MEDIUM,
    controls=["PCI-10.5.1", "NIST-800-53-AU-11"],
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    fix="set `retentionInDays`",
    options={"min_days": 365, "min_days_low": 30, "min_days_standard": 90},
    repair=lambda _logs, context: {"retentionInDays": context.options["min_days"]},
)
def log_group_keeps_a_year(logs: Resource, context: Context) -> Iterator[str]:
    """CloudWatch log groups retain logs for at least `min_days` days (default {min_days}).

    A log group without a retention period is a finding as well: its logs never expire.
    """
    wanted = limit(logs, context, "min_days")
    days = logs.properties.number("retentionInDays", 0)
    if days < wanted:
        found = f"is {days}" if days else "is not set, so logs never expire"
        yield f"`retentionInDays` {found}, at least {wanted} is required"


@rule(
    _LOGS,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AU-9(3)", "PCI-10.3.2"],
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
    fix="set `kmsKeyId` to a customer managed key",
)
def log_group_has_a_customer_key(logs: Resource, _context: Context) -> Iterator[str]:
    """CloudWatch log groups are encrypted with a customer managed KMS key."""
    if not logs.properties.given("kmsKeyId"):
        yield "`kmsKeyId` is not set, so logs are encrypted with an AWS owned key"


@rule(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    severity=Severity.HIGH,
    controls=["PCI-10.7.2", "NIST-800-53-SI-4", "OWASP-SM-6.4"],
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    fix="set `alarmActions`, and set `actionsEnabled` to true",
)
def alarm_reaches_somebody(alarm: Resource, _context: Context) -> Iterator[str]:
    """CloudWatch alarms have an action enabled."""
    if not alarm.properties.flag("actionsEnabled", default=True):
        yield "`actionsEnabled` is false"
    elif not alarm.properties.given("alarmActions") or alarm.properties.items_of("alarmActions") == []:
        yield "`alarmActions` is empty, so nobody is notified"


@rule(
    _TOPIC,
    severity=Severity.MEDIUM,
    controls=["FSBP-SNS.1", "NIST-800-53-SC-28(1)"],
    link=f"{_HUB}/sns-controls.html#sns-1",
    fix="set `kmsMasterKeyId` to a customer managed key whose policy allows the services that publish",
)
def topic_is_encrypted(topic: Resource, _context: Context) -> Iterator[str]:
    """SNS topics are encrypted at rest with a customer managed KMS key."""
    if not topic.properties.given("kmsMasterKeyId"):
        yield "`kmsMasterKeyId` is not set, so messages are not encrypted"
    elif topic.properties.known("kmsMasterKeyId") and "alias/aws/" in str(topic.properties.get("kmsMasterKeyId")):
        yield "`kmsMasterKeyId` is an AWS managed key, whose policy does not let other services publish"


@rule(
    _QUEUE,
    severity=Severity.MEDIUM,
    controls=["FSBP-SQS.1", "NIST-800-53-SC-28(1)"],
    link=f"{_HUB}/sqs-controls.html#sqs-1",
    fix="set `sqsManagedSseEnabled` to true, or set `kmsMasterKeyId`",
)
def queue_is_encrypted(queue: Resource, _context: Context) -> Iterator[str]:
    """SQS queues are encrypted at rest.

    SQS encrypts messages where `sqsManagedSseEnabled` is not set.
    """
    if not queue.properties.flag("sqsManagedSseEnabled", default=True) and not queue.properties.given("kmsMasterKeyId"):
        yield "`sqsManagedSseEnabled` is false and `kmsMasterKeyId` is not set"


@rule(
    _TOPIC,
    _QUEUE,
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["FSBP-SNS.4", "NIST-800-53-AC-3", "PCI-7.2.1"],
    link=f"{_HUB}/sns-controls.html#sns-4",
    fix="list the principals, or add a condition on aws:SourceAccount or aws:SourceArn",
)
def messages_are_not_public(queue: Resource, _context: Context) -> Iterator[str]:
    """SNS topics and SQS queues do not allow public access."""
    yield from publicly_allowed(queue)
