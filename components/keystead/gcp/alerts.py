"""The alarms on rotation, and who is notified of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.model.alarms import Alarm
from keystead.model.gcp.scope import GcpScope
from keystead.packaging import contract

HOUR, DAY = 3600, 86400
LASTING = 2 * HOUR
"""Seconds an incident stays open after the last log entry: longer than the hour between two sweeps."""


@dataclass(frozen=True)
class AlertsArgs:
    """What the alerts watch, and who is notified."""

    scope: GcpScope
    emails: Sequence[str]
    function: pulumi.Input[str]
    """Name of the rotator's function."""


class Alerts(pulumi.ComponentResource):
    """E-mail channels and alert policies: a rotation failed, is late, due by hand or given up, or no sweep has run.

    Log entries are matched by the policies themselves, while AWS counts them in metrics first: Google refuses a policy
    on a metric that was just created for up to ten minutes (hashicorp/terraform-provider-google#11102). Only the policy
    on missing entries needs a metric; it is written in PromQL, which accepts one that does not exist yet. Addresses
    need no confirmation.
    """

    policies: dict[str, pulumi.Output[str]]
    """Path of each alert policy by what it watches."""

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Alerts", name, None, opts)
        self._args = args
        self._labels = args.scope.labels()
        self._channels = [self._channel(email) for email in args.emails]
        built = {
            Alarm.FAILED: self._logged(Alarm.FAILED, contract.ROTATION_FAILED, LASTING),
            Alarm.LATE: self._logged(Alarm.LATE, contract.ROTATION_LATE, DAY),
            Alarm.DUE: self._logged(Alarm.DUE, contract.MANUAL_ROTATION_DUE, DAY),
            Alarm.UNWATCHED: self._unwatched(),
            Alarm.GIVEN_UP: self._given_up(),
        }
        self.policies = {alarm.short: path for alarm, path in built.items()}
        self.register_outputs({"policies": self.policies})

    def _channel(self, email: str) -> pulumi.Output[str]:
        channel = gcp.monitoring.NotificationChannel(
            f"alerts-{email}",
            type="email",
            display_name=f"{self._args.scope.environment} alerts",
            labels={"email_address": email},
            user_labels=self._labels,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return channel.name

    def _entries(self, event: str) -> pulumi.Output[str]:
        """Filter for one event in the rotator's log."""
        return pulumi.Output.format(
            'resource.type="cloud_run_revision" AND resource.labels.service_name="{0}" AND jsonPayload.{1}="{2}"',
            self._args.function,
            contract.EVENT_FIELD,
            event,
        )

    def _logged(self, alarm: Alarm, event: str, pause: int) -> pulumi.Output[str]:
        """Alert on one event in the rotator's log, with one notification in `pause` seconds at most."""
        matched = gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(
            filter=self._entries(event), label_extractors={"secret": "EXTRACT(jsonPayload.secret)"}
        )
        limit = gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period=f"{pause}s")
        return self._policy(
            alarm,
            gcp.monitoring.AlertPolicyConditionArgs(display_name=alarm.text, condition_matched_log=matched),
            gcp.monitoring.AlertPolicyAlertStrategyArgs(auto_close=f"{LASTING}s", notification_rate_limit=limit),
        )

    def _unwatched(self) -> pulumi.Output[str]:
        """Alert on a day without a sweep, after two more hours, so that a new environment has had its first one."""
        alarm, name = Alarm.UNWATCHED, self._args.scope.sweep_metric
        gcp.logging.Metric(
            "rotation-sweep",
            name=name,
            description="Sweeps that ended",
            filter=self._entries(contract.SWEEP_DONE),
            metric_descriptor=gcp.logging.MetricMetricDescriptorArgs(metric_kind="DELTA", value_type="INT64"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        counted = f"logging_googleapis_com:user_{name.replace('-', '_')}"
        absent = gcp.monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
            query=_none_in_a_day(f'{counted}{{monitored_resource="cloud_run_revision"}}'),
            duration=f"{2 * HOUR}s",
            evaluation_interval="300s",
            disable_metric_validation=True,
        )
        condition = gcp.monitoring.AlertPolicyConditionArgs(
            display_name=alarm.text, condition_prometheus_query_language=absent
        )
        return self._policy(alarm, condition)

    def _given_up(self) -> pulumi.Output[str]:
        """Alert on dead letters for as long as there are any."""
        alarm = Alarm.GIVEN_UP
        waiting = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=(
                'metric.type="pubsub.googleapis.com/subscription/num_undelivered_messages" AND '
                'resource.type="pubsub_subscription" AND '
                f'resource.labels.subscription_id="{self._args.scope.dead_letters}"'
            ),
            comparison="COMPARISON_GT",
            threshold_value=0,
            duration="0s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period="300s", per_series_aligner="ALIGN_MAX"
                )
            ],
        )
        condition = gcp.monitoring.AlertPolicyConditionArgs(display_name=alarm.text, condition_threshold=waiting)
        return self._policy(alarm, condition)

    def _policy(
        self,
        alarm: Alarm,
        condition: gcp.monitoring.AlertPolicyConditionArgs,
        strategy: gcp.monitoring.AlertPolicyAlertStrategyArgs | None = None,
    ) -> pulumi.Output[str]:
        scope = self._args.scope
        policy = gcp.monitoring.AlertPolicy(
            alarm,
            display_name=scope.alarm_name(alarm),
            combiner="OR",
            conditions=[condition],
            alert_strategy=strategy,
            documentation=gcp.monitoring.AlertPolicyDocumentationArgs(content=f"{alarm.text} ({scope.environment})"),
            notification_channels=self._channels,
            user_labels=self._labels,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return policy.name


def _none_in_a_day(metric: str) -> str:
    """Return the query that is true where a day counted nothing, with zeros written or without: no page says which."""
    return f"absent_over_time({metric}[1d]) or sum(increase({metric}[1d])) < 1"
