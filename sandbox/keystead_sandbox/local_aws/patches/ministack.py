"""How this package changes ministack: by name, and loudly when an upgrade has moved the name."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

TESTED_VERSION = "1.5.33"

USED = {
    "core.iam_evaluator": (
        "EvalContext",
        "EvalResult",
        "PrincipalInfo",
        "_POLICY_REQUIRED",
        "_gather_role_policies",
        "_names_caller",
        "_permissions_boundary",
        "_principal_matches",
        "_resource_policy",
        "evaluate",
        "replace",
        "resolve_principal",
        "validate_policy_document",
    ),
    "core.responses": ("error_response_json", "get_account_id", "get_region", "json_response", "request_scope"),
    "services.cloudwatch": (
        "_calc_stats",
        "_dims_key",
        "_dispatch_alarm_actions",
        "_error",
        "_metrics",
        "_record_history",
        "_stat_value",
        "record_metric",
    ),
    "services.cloudwatch_logs": ("_metric_filters",),
    "services.eventbridge": ("_cron_next_fire", "_parse_cron_fields"),
    "services.iam": ("_attach_user_policy", "_create_user", "_now", "_virtual_mfa_xml", "_xml"),
    "services.kms": ("_aliases", "_check_key_state", "_grants", "_key_material_id", "_keys", "_resolve_key"),
    "services.lambda_svc": (
        "_emit_lambda_metrics",
        "_execute_function_with_config_scope",
        "_execution_record_for_config",
        "_get_func_record_for_ref",
        "_run_with_function_config_scope",
        "function_policy_for_arn",
    ),
    "services.scheduler": ("_error",),
    "services.secretsmanager": (
        "_cleanup_overwritten_secret",
        "_delete_replicas",
        "_emit_secret_label_updated",
        "_purge_secret",
        "_resolve",
        "_resource_policies",
        "_secret_arn_for_region",
        "_secrets",
        "_store_new_secret",
        "_sync_replica_resource_policy",
        "_unlink_from_primary",
    ),
    "services.sns": ("_topic_by_arn_any_scope", "publish_internal", "topic_policy_for_arn"),
    "services.sqs": ("_queue_by_arn", "handle_request"),
}
"""What the corrections call without replacing it."""


class PatchError(RuntimeError):
    """ministack no longer has what a correction replaces."""


def module(name: str) -> ModuleType:
    """The ministack module `name`, such as `services.kms`."""
    try:
        return importlib.import_module(f"ministack.{name}")
    except ModuleNotFoundError as error:
        message = (
            f"ministack has no module {name}; the sandbox's corrections are written for ministack {TESTED_VERSION}"
        )
        raise PatchError(message) from error


def original(owner: Any, name: str) -> Any:
    """What `owner` has under `name`; an error that says which version was expected when it has nothing."""
    if not hasattr(owner, name):
        where = getattr(owner, "__name__", type(owner).__name__)
        message = f"{where} has no {name}; the sandbox's corrections are written for ministack {TESTED_VERSION}"
        raise PatchError(message)
    return getattr(owner, name)


def check() -> None:
    """Refuse a ministack that lacks something the corrections call."""
    for name, members in USED.items():
        for member in members:
            original(module(name), member)


def replace(owner: Any, name: str, new: Any) -> Any:
    """Put `new` in the place of `owner.name` and return what was there."""
    old = original(owner, name)
    setattr(owner, name, new)
    return old


def wrap(owner: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Put `wrapper(what is there)` in the place of `owner.name`."""
    setattr(owner, name, wrapper(original(owner, name)))
