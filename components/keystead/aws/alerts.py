"""The alarms on rotation, and who is notified of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from keystead.aws.statements import deny_without_tls, document, statement
from keystead.model.alarms import Alarm
from keystead.model.aws.scope import AwsScope
from keystead.packaging import contract

HOUR, DAY = 3600, 86400
LASTING_HOURS = 2
"""Hours an alarm stays raised after its cause: longer than the hour between two sweeps."""


@dataclass(frozen=True)
class AlertsArgs:
    """What the alarms watch, and who is notified."""

    scope: AwsScope
    emails: Sequence[str]
    key_arn: pulumi.Input[str]
    """Key that encrypts what is published."""
    log_group: pulumi.Input[str]
    """Log group of the rotator."""
    function: pulumi.Input[str]
    """Name of the rotator's function."""


class Alerts(pulumi.ComponentResource):
    """A topic, its e-mail subscribers, and alarms: a rotation failed, is late or due by hand, or no sweep has run.

    A cause that repeats with each hourly sweep keeps its alarm raised. AWS sends every e-mail address a confirmation
    first.
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic the alarms publish to."""
    alarms: dict[str, pulumi.Output[str]]
    """Name of each alarm by what it watches."""

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:aws:Alerts", name, None, opts)
        self._args = args
        self._topic()
        built = {
            Alarm.FAILED: self._alarm(
                Alarm.FAILED, namespace="AWS/Lambda", metric="Errors", dimensions={"FunctionName": args.function}
            ),
            Alarm.LATE: self._logged(Alarm.LATE, contract.ROTATION_LATE),
            Alarm.DUE: self._logged(Alarm.DUE, contract.MANUAL_ROTATION_DUE),
            Alarm.UNWATCHED: self._logged(Alarm.UNWATCHED, contract.SWEEP_DONE, absent=True),
        }
        self.alarms = {alarm.short: name for alarm, name in built.items()}
        self.register_outputs({"topic_arn": self.topic_arn, "alarms": self.alarms})

    def _topic(self) -> None:
        scope = self._args.scope
        topic = aws.sns.Topic(
            "alerts",
            name=scope.alerts_topic,
            kms_master_key_id=self._args.key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        publish = statement(
            "AlarmsOfThisAccount",
            "Allow",
            ("sns:Publish",),
            topic.arn,
            principal={"Service": "cloudwatch.amazonaws.com"},
            condition={"StringEquals": {"aws:SourceAccount": scope.account}},
        )
        aws.sns.TopicPolicy(
            "alerts",
            arn=topic.arn,
            policy=pulumi.Output.json_dumps(document([publish, deny_without_tls(("sns:Publish",), topic.arn)])),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for email in self._args.emails:
            aws.sns.TopicSubscription(
                f"alerts-{email}",
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.topic_arn = topic.arn

    def _logged(self, alarm: Alarm, event: str, *, absent: bool = False) -> pulumi.Output[str]:
        """Alarm on one event in the rotator's log, or on its absence for a whole day."""
        scope = self._args.scope
        aws.cloudwatch.LogMetricFilter(
            alarm,
            name=scope.alarm_name(alarm),
            log_group_name=self._args.log_group,
            pattern=f'{{ $.{contract.EVENT_FIELD} = "{event}" }}',
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                namespace=scope.metric_namespace, name=event, value="1"
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return self._alarm(alarm, namespace=scope.metric_namespace, metric=event, absent=absent)

    def _alarm(
        self,
        alarm: Alarm,
        *,
        namespace: str,
        metric: str,
        dimensions: dict[str, pulumi.Input[str]] | None = None,
        absent: bool = False,
    ) -> pulumi.Output[str]:
        scope = self._args.scope
        built = aws.cloudwatch.MetricAlarm(
            alarm,
            name=scope.alarm_name(alarm),
            alarm_description=f"{alarm.text} ({scope.environment})",
            namespace=namespace,
            metric_name=metric,
            dimensions=dimensions,
            statistic="Sum",
            comparison_operator="LessThanThreshold" if absent else "GreaterThanOrEqualToThreshold",
            threshold=1,
            period=DAY if absent else HOUR,
            evaluation_periods=1 if absent else LASTING_HOURS,
            datapoints_to_alarm=1,
            treat_missing_data="breaching" if absent else "notBreaching",
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return built.name
