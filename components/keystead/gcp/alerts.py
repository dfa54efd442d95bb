"""Who hears when rotation does not go as it should, and of what."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.functions.shared import contract
from keystead.model.gcp.scope import GcpScope

HOUR, DAY = 3600, 86400
LASTING = 2 * HOUR
"""Seconds an incident stays open after the last entry in the log: longer than from one hourly sweep to the next."""


@dataclass(frozen=True)
class AlertsArgs:
    """What the alerts watch, and who hears of them."""

    scope: GcpScope
    emails: Sequence[str]
    function: pulumi.Input[str]
    """Name of the rotator's function."""


class Alerts(pulumi.ComponentResource):
    """E-mail channels and alert policies: a rotation failed, is late, is due by hand, is given up, or nobody looks.

    What is in the log is matched there. AWS counts it in metrics first; a policy on a metric that is just being made is
    refused by Google for up to ten minutes (hashicorp/terraform-provider-google#11102), so that only the policy on what
    is *not* in the log has one, in PromQL, which can wait for its metric. Addresses need no confirmation.
    """

    policies: dict[str, pulumi.Output[str]]
    """Path of each alert policy by what it watches."""

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Alerts", name, None, opts)
        self._args = args
        self._labels = args.scope.labels()
        self._channels = [self._channel(email) for email in args.emails]
        failed = "A rotation or the sweep failed; the current value is still valid and it is tried again"
        self.policies = {
            "failed": self._logged("rotation-failed", contract.ROTATION_FAILED, failed, LASTING),
            "late": self._logged("rotation-late", contract.ROTATION_LATE, "A rotation is late", DAY),
            "due": self._logged(
                "manual-rotation-due", contract.MANUAL_ROTATION_DUE, "A person must bring a new value", DAY
            ),
            "unwatched": self._unwatched(),
            "given_up": self._given_up(),
        }
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

    def _logged(self, short: str, event: str, text: str, pause: int) -> pulumi.Output[str]:
        """Alert on one event in the rotator's log, told at most once in `pause` seconds."""
        matched = gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(
            filter=self._entries(event), label_extractors={"secret": "EXTRACT(jsonPayload.secret)"}
        )
        limit = gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period=f"{pause}s")
        return self._policy(
            short,
            text,
            gcp.monitoring.AlertPolicyConditionArgs(display_name=text, condition_matched_log=matched),
            gcp.monitoring.AlertPolicyAlertStrategyArgs(auto_close=f"{LASTING}s", notification_rate_limit=limit),
        )

    def _unwatched(self) -> pulumi.Output[str]:
        """Alert on a day without a sweep, and two hours more, so that a new environment has had its first one."""
        text = "Nothing has looked after the rotations for a day"
        name = f"{self._args.scope.prefix}rotation-sweep"
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
            query=f'absent_over_time({counted}{{monitored_resource="cloud_run_revision"}}[1d])',
            duration=f"{2 * HOUR}s",
            evaluation_interval="300s",
            disable_metric_validation=True,
        )
        condition = gcp.monitoring.AlertPolicyConditionArgs(
            display_name=text, condition_prometheus_query_language=absent
        )
        return self._policy("rotation-unwatched", text, condition)

    def _given_up(self) -> pulumi.Output[str]:
        """Alert on messages that wait with the dead letters, for as long as they do."""
        text = "The rotator could not be reached or failed for good; read the dead letters"
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
        condition = gcp.monitoring.AlertPolicyConditionArgs(display_name=text, condition_threshold=waiting)
        return self._policy("rotation-given-up", text, condition)

    def _policy(
        self,
        short: str,
        text: str,
        condition: gcp.monitoring.AlertPolicyConditionArgs,
        strategy: gcp.monitoring.AlertPolicyAlertStrategyArgs | None = None,
    ) -> pulumi.Output[str]:
        environment = self._args.scope.environment
        policy = gcp.monitoring.AlertPolicy(
            short,
            display_name=f"{environment}-{short}",
            combiner="OR",
            conditions=[condition],
            alert_strategy=strategy,
            documentation=gcp.monitoring.AlertPolicyDocumentationArgs(content=f"{text} ({environment})"),
            notification_channels=self._channels,
            user_labels=self._labels,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return policy.name
