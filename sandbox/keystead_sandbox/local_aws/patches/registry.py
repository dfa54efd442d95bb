"""Every name of ministack that the sandbox replaces, or reads although it is private, and what for.

ministack promises none of these names. Whoever adds one here adds a test of its behaviour to `test_patches.py`; what
can be had through an operation of a service (`protocol.in_process`) or a public name needs no entry.
"""

from dataclasses import dataclass

TESTED_VERSION = "1.5.33"


@dataclass(frozen=True, slots=True)
class Patch:
    """One name of a module of ministack, or of a class in it, and what changing or reading it gives."""

    module: str
    name: str
    purpose: str
    of: str = ""
    """The class the name belongs to; the module itself when empty."""

    @property
    def path(self) -> str:
        """The name with where it is."""
        return ".".join(part for part in (self.module, self.of, self.name) if part)


SHIFTED = (
    "services.kms",
    "services.cloudwatch",
    "services.cloudwatch_logs",
    "services.scheduler",
    "services.eventbridge",
    "services.sts",
    "services.iam",
    "services.lambda_svc",
    "services.sns",
    "services.sqs",
    "core.iam_evaluator",
)
"""The modules that see the sandbox's clock as `time`."""

SHIFTED_DATES = ("services.eventbridge", "services.lambda_svc")
"""Those that see it as `datetime` too."""

PATCHES = (
    Patch("app", "SERVICE_HANDLERS", "answer operations here instead of in ministack"),
    Patch("core.iam_actions", "extract_iam_action", "ReEncrypt needs kms:ReEncryptFrom on its source key"),
    Patch("core.iam_actions", "extract_resource_arn", "evaluate a request on the ARN of the key or secret it names"),
    Patch("core.iam_evaluator", "_first_match", "a condition that cannot be evaluated never allows"),
    Patch("core.iam_evaluator", "_gather_role_policies", "changed policies of a role take effect late"),
    Patch("core.iam_evaluator", "_resolve_condition_key", "condition keys of callers, the clock and services"),
    Patch("core.iam_evaluator", "enforce", "services' condition keys, grants, users named in a trust policy"),
    Patch("core.iam_evaluator", "evaluate_resource_policy", "a Deny with NotPrincipal denies everybody else"),
    Patch("core.iam_evaluator", "is_root_access_key", "no access key is taken without checking its signature"),
    Patch("core.lambda_runtime", "Worker", "know every worker, to end it when it is idle"),
    Patch("core.lambda_runtime", "_drain_stderr_bounded", "tell an invocation's log to its end", of="Worker"),
    Patch("core.lambda_runtime", "_lock", "never end a worker that takes an invocation", of="Worker"),
    Patch("core.lambda_runtime", "_stderr_queue", "tell an invocation's log to its end", of="Worker"),
    Patch("core.lambda_runtime", "_stderr_thread", "stop waiting for the log of a worker that has died", of="Worker"),
    Patch("core.lambda_runtime", "execution_credentials", "sign with keys that nobody can work out"),
    Patch("core.lambda_runtime", "kill_workers", "a changed function finishes what it has begun"),
    Patch("core.lambda_runtime", "subprocess", "start functions in a clean environment and end them with the account"),
    Patch("core.responses", "_data", "go through all regions of a store", of="AccountRegionScopedDict"),
    Patch("services.cloudwatch", "_alarms", "evaluate alarms on the clock"),
    Patch("services.cloudwatch", "_calc_stats", "evaluate the statistic of an alarm"),
    Patch("services.cloudwatch", "_dispatch_alarm_actions", "notify only topics whose policy admits CloudWatch"),
    Patch("services.cloudwatch", "_evaluate_alarm", "leave the evaluation of alarms to the sandbox"),
    Patch("services.cloudwatch", "_metrics", "evaluate an alarm on the metric with its own dimensions"),
    Patch("services.cloudwatch", "_stat_value", "evaluate the statistic of an alarm"),
    Patch("services.cloudwatch_logs", "_compile_filter_pattern", "JSON filter patterns"),
    Patch("services.cloudwatch_logs", "_fanout_to_subscription_filters", "count what is logged in metric filters"),
    Patch("services.cloudwatch_logs", "_log_groups", "associate keys with log groups"),
    Patch("services.cloudwatch_logs", "_metric_filters", "count what is logged in metric filters"),
    Patch("services.eventbridge", "_cron_next_fire", "find the next time of a cron expression"),
    Patch("services.eventbridge", "_dispatch_event", "send the event Secret Label Updated"),
    Patch("services.eventbridge", "_parse_cron_fields", "read cron expressions"),
    Patch("services.iam", "_access_keys", "give the deployer the access key the account was started with"),
    Patch("services.iam", "_roles", "find a role with its path and trust policy"),
    Patch("services.kms", "_keys", "rotate and delete keys on the clock"),
    Patch("services.kms", "_resolve_key", "find a key by id, ARN or alias"),
    Patch("services.lambda_svc", "invoke_async_with_retry", "retry asynchronous invocations on the clock"),
    Patch("services.scheduler", "_schedules", "run schedules on the clock"),
    Patch("services.secretsmanager", "secret_policy_for_arn", "evaluate the policy of a secret of the sandbox's store"),
    *(Patch(module, "time", "the sandbox's clock") for module in SHIFTED),
    *(Patch(module, "datetime", "the sandbox's clock") for module in SHIFTED_DATES),
)
