"""Records and alarms: every use of a key or secret is recorded, kept, and somebody is told when that stops."""

from collections.abc import Iterator

from keystead_policies.engine.resources.public_access import for_everybody
from keystead_policies.engine.resources.resource import Resource
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
    fix="set enable_logging=True",
)
def trail_is_on(trail: Resource, _context: Context) -> Iterator[str]:
    """A trail records."""
    if trail.properties.get("enableLogging", True) is False:
        yield "it is switched off"


@rule(
    _TRAIL,
    severity=Severity.HIGH,
    controls=["CIS-AWS-3.1", "FSBP-CloudTrail.1", "PCI-10.2.1"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-1",
    fix="set is_multi_region_trail=True and include_global_service_events=True",
)
def trail_covers_all_regions(trail: Resource, _context: Context) -> Iterator[str]:
    """A trail records every region and the global services."""
    if not trail.properties.get("isMultiRegionTrail"):
        yield "it records one region only"
    if trail.properties.get("includeGlobalServiceEvents", True) is False:
        yield "it leaves out IAM and STS"


@rule(
    _TRAIL,
    severity=Severity.HIGH,
    controls=["CIS-AWS-3.2", "FSBP-CloudTrail.4", "PCI-10.3.4", "NIST-800-53-SI-7(7)"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-4",
    fix="set enable_log_file_validation=True",
    repair=lambda _trail, _context: {"enableLogFileValidation": True},
)
def trail_is_tamper_evident(trail: Resource, _context: Context) -> Iterator[str]:
    """A trail's files are signed, so that a change shows."""
    if not trail.properties.get("enableLogFileValidation"):
        yield "a changed record would not show"


@rule(
    _TRAIL,
    severity=Severity.MEDIUM,
    controls=["CIS-AWS-3.5", "FSBP-CloudTrail.2", "NIST-800-53-AU-9(3)"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-2",
    fix="set kms_key_id",
)
def trail_has_a_customer_key(trail: Resource, _context: Context) -> Iterator[str]:
    """A trail's files are encrypted by a customer key."""
    if not trail.properties.given("kmsKeyId"):
        yield "its files are encrypted by S3's own key"


@rule(
    _TRAIL,
    severity=Severity.MEDIUM,
    controls=["FSBP-CloudTrail.5", "CIS-AWS-4.7", "PCI-10.4.1.1"],
    link=f"{_HUB}/cloudtrail-controls.html#cloudtrail-5",
    fix="set cloud_watch_logs_group_arn and cloud_watch_logs_role_arn",
)
def trail_can_raise_alarms(trail: Resource, _context: Context) -> Iterator[str]:
    """A trail's events reach CloudWatch Logs, where alarms on key deletion and policy changes are made."""
    if not trail.properties.given("cloudWatchLogsGroupArn"):
        yield "no alarm can see its events"


@rule(
    _TRAIL,
    severity=Severity.HIGH,
    controls=["PCI-10.2.1", "NIST-800-53-AU-2", "OWASP-SM-2.6"],
    link="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html",
    fix="record reads and writes, and exclude no management event source",
)
def trail_records_use_of_keys_and_secrets(trail: Resource, _context: Context) -> Iterator[str]:
    """A trail leaves out neither reads nor KMS: GetSecretValue and Decrypt are read management events."""
    for selector in trail.properties.items_of("eventSelectors"):
        if (
            selector.get("readWriteType", "All") == "WriteOnly"
            or selector.get("includeManagementEvents", True) is False
        ):
            yield "it leaves out GetSecretValue and Decrypt"
        if excluded := list(selector.items_of("excludeManagementEventSources")):
            yield f"it leaves out {', '.join(excluded)}"


@rule(
    _LOGS,
    severity=Severity.MEDIUM,
    controls=["PCI-10.5.1", "NIST-800-53-AU-11"],
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    fix="set retention_in_days=365",
    options={"min_days": 365, "min_days_low": 30, "min_days_standard": 90},
    repair=lambda _logs, context: {"retentionInDays": context.options["min_days"]},
)
def log_group_keeps_a_year(logs: Resource, context: Context) -> Iterator[str]:
    """A log group keeps what it has for at least `min_days` days, and not for ever."""
    wanted = limit(logs, context, "min_days")
    days = logs.properties.get("retentionInDays", 0)
    if days < wanted:
        yield f"its records are kept {f'{days} days' if days else 'for ever, which nobody decided'}"


@rule(
    _LOGS,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AU-9(3)", "PCI-10.3.2"],
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
    fix="set kms_key_id",
)
def log_group_has_a_customer_key(logs: Resource, _context: Context) -> Iterator[str]:
    """A log group is encrypted by a customer key."""
    if not logs.properties.given("kmsKeyId"):
        yield "it is encrypted by CloudWatch's own key"


@rule(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    severity=Severity.HIGH,
    controls=["PCI-10.7.2", "NIST-800-53-SI-4", "OWASP-SM-6.4"],
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    fix="set alarm_actions, and leave actions_enabled on",
)
def alarm_reaches_somebody(alarm: Resource, _context: Context) -> Iterator[str]:
    """An alarm tells somebody."""
    if alarm.properties.get("actionsEnabled", True) is False:
        yield "its actions are switched off"
    elif not alarm.properties.given("alarmActions") or alarm.properties.items_of("alarmActions") == []:
        yield "it tells nobody"


@rule(
    _TOPIC,
    severity=Severity.MEDIUM,
    controls=["FSBP-SNS.1", "NIST-800-53-SC-28(1)"],
    link=f"{_HUB}/sns-controls.html#sns-1",
    fix="set kms_master_key_id to a customer key; the services that publish must be in its policy",
)
def topic_is_encrypted(topic: Resource, _context: Context) -> Iterator[str]:
    """Messages of a topic are encrypted at rest."""
    if not topic.properties.given("kmsMasterKeyId"):
        yield "its messages are not encrypted"


@rule(
    _QUEUE,
    severity=Severity.MEDIUM,
    controls=["FSBP-SQS.1", "NIST-800-53-SC-28(1)"],
    link=f"{_HUB}/sqs-controls.html#sqs-1",
    fix="set kms_master_key_id, or leave sqs_managed_sse_enabled on",
)
def queue_is_encrypted(queue: Resource, _context: Context) -> Iterator[str]:
    """Messages of a queue are encrypted at rest; SQS does so by itself unless told not to."""
    if queue.properties.get("sqsManagedSseEnabled") is False and not queue.properties.given("kmsMasterKeyId"):
        yield "its messages are not encrypted"


@rule(
    _TOPIC,
    _QUEUE,
    *_POLICIES,
    severity=Severity.HIGH,
    controls=["FSBP-SNS.4", "NIST-800-53-AC-3", "PCI-7.2.1"],
    link=f"{_HUB}/sns-controls.html#sns-4",
    fix="name the principals, or add a condition on aws:SourceAccount or aws:SourceArn",
)
def messages_are_not_public(queue: Resource, _context: Context) -> Iterator[str]:
    """No topic or queue is open to everybody."""
    for statement in for_everybody(queue):
        yield f"{statement.label} allows Principal '*'"
