"""Cloud Monitoring: alert policies and notification channels as their API takes and shows them.

Source: Monitoring API v3 reference (AlertPolicy, Condition, AlertStrategy, NotificationChannel).
"""

import secrets
from typing import Any

from keystead_sandbox.local_gcp.api import filters, timestamps
from keystead_sandbox.local_gcp.api.errors import Json, invalid, not_found
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.monitoring import time_series
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

POLICY, CHANNEL = KINDS["monitoring.alertPolicies"], KINDS["monitoring.notificationChannels"]
MOST_CONDITIONS = 6
RECORDS = ("name", "creationRecord", "mutationRecord")


@checks(POLICY.key)
def check(call: Call, body: Json, _before: Json) -> None:
    """Refuse conditions, a combiner or channels that Google refuses."""
    conditions: list[Json] = body.get("conditions") or []
    if not 1 <= len(conditions) <= MOST_CONDITIONS:
        raise invalid("Field alert_policy.conditions had an invalid value: a policy has from one to six conditions.")
    if not body.get("displayName"):
        raise invalid("Field alert_policy.display_name is required.")
    logs = [one["conditionMatchedLog"] for one in conditions if one.get("conditionMatchedLog")]
    if logs:
        _check_log_match(body, conditions, logs[0])
    elif str(body.get("combiner") or "COMBINE_UNSPECIFIED") == "COMBINE_UNSPECIFIED":
        raise invalid("Field alert_policy.combiner had an invalid value: it must be AND or OR.")
    for condition in conditions:
        problem = time_series.problem(call.cloud, call.project, condition)
        if problem.startswith("Cannot find"):
            raise not_found(problem)
        if problem:
            raise invalid(problem)
    for channel in body.get("notificationChannels") or []:
        if call.cloud.store.find(call.cloud.canonical(str(channel))) is None:
            raise not_found(f"Notification channel {channel} was not found.")


def _check_log_match(body: Json, conditions: list[Json], log: Json) -> None:
    if len(conditions) > 1:
        raise invalid("Field alert_policy.conditions had an invalid value: a log match must be the only condition.")
    if not reach(body, "alertStrategy.notificationRateLimit.period"):
        text = "Field alert_policy.alert_strategy.notification_rate_limit is required for log-based alert policies."
        raise invalid(text)
    filters.compiled(str(log.get("filter") or ""))


def _complete(call: Call, policy: Resource) -> Json:
    """Fill in what Google fills in; the policy as it is shown."""
    record = {"mutateTime": timestamps.text(call.now), "mutatedBy": str(call.caller)}
    policy.body.setdefault("creationRecord", record)
    policy.body["mutationRecord"] = record
    policy.body.setdefault("enabled", True)
    for condition in policy.body["conditions"]:
        number = int(call.cloud.number(call.project)) + secrets.randbelow(10**12)
        condition.setdefault("name", f"{policy.name}/conditions/{number}")
    return standard.view(call, policy)


@handles("monitoring.alertPolicies.create")
def create(call: Call) -> Json:
    """A new policy; it looks at log entries that come after it."""
    call.body.pop("name", None)
    seen = call.cloud.logs.since(call.project, 0)[1]
    return _complete(call, standard.create(call, {"born": call.now, "seen": seen}))


@handles("monitoring.alertPolicies.patch")
def patch(call: Call) -> Json:
    """Change a policy; without a mask all of it is replaced."""
    policy = standard.require(call)
    given: dict[str, Any] = {name: value for name, value in call.body.items() if name not in RECORDS}
    if call.query.get("updateMask"):
        return _complete(call, standard.patch(call, given))
    whole = {**{name: policy.body[name] for name in RECORDS if name in policy.body}, **given}
    check(call, whole, policy.body)
    policy.body = whole
    return _complete(call, policy)


@checks(CHANNEL.key)
def check_channel(_call: Call, body: Json, _before: Json) -> None:
    """Refuse a channel without a type, and an e-mail channel without an address."""
    if not body.get("type"):
        raise invalid("Field notification_channel.type is required.")
    if body["type"] == "email" and "@" not in str(reach(body, "labels.email_address")):
        raise invalid("Field notification_channel.labels['email_address'] must be an e-mail address.")
    body.setdefault("enabled", True)


@handles("monitoring.notificationChannels.delete")
def delete_channel(call: Call) -> Json:
    """Delete a channel that no policy uses, or with `force` one that is used."""
    users = [
        one
        for one in call.cloud.store.of_kind(POLICY.key)
        if call.name in map(call.cloud.canonical, one.body.get("notificationChannels") or [])
    ]
    if users and not call.query.get("force"):
        raise invalid(f"Cannot delete notification channel {call.name}: it is used by {users[0].name}.")
    for policy in users:
        policy.body["notificationChannels"].remove(call.name)
    standard.remove(call)
    return {}
