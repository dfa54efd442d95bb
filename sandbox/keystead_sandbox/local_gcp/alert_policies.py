"""Cloud Monitoring: alert policies and notification channels as their API takes and shows them.

Source: Monitoring API v3 reference (AlertPolicy, Condition, AlertStrategy, NotificationChannel).
"""

import secrets
from typing import Any

from keystead_sandbox.local_gcp import filters, measures, moments, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.errors import Json, invalid, not_found
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.resources import Resource

POLICY, CHANNEL = KINDS["monitoring.alertPolicies"], KINDS["monitoring.notificationChannels"]
MOST_CONDITIONS = 6


def _check(call: Call, body: Json) -> None:
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
    project = call.cloud.project_of(call.name)
    for condition in conditions:
        problem = measures.problem(call.cloud, project, condition)
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
    if not ((body.get("alertStrategy") or {}).get("notificationRateLimit") or {}).get("period"):
        text = "Field alert_policy.alert_strategy.notification_rate_limit is required for log-based alert policies."
        raise invalid(text)
    filters.compiled(str(log.get("filter") or ""))


def _settle(call: Call, policy: Resource) -> None:
    number = call.cloud.number(call.cloud.project_of(policy.name))
    record = {"mutateTime": moments.text(call.cloud.clock.now()), "mutatedBy": str(call.caller)}
    policy.body.setdefault("creationRecord", record)
    policy.body["mutationRecord"] = record
    policy.body.setdefault("enabled", True)
    for condition in policy.body["conditions"]:
        prefix = f"projects/{call.cloud.project_of(policy.name)}/alertPolicies/{policy.id}/conditions"
        condition.setdefault("name", f"{prefix}/{int(number) + secrets.randbelow(10**12)}")


def _written(call: Call) -> int:
    """How many log entries there are already: a new policy looks at later ones only."""
    return call.cloud.logs.since(call.cloud.project_of(call.name), 0)[1]


@handles("monitoring.alertPolicies.create")
def create(call: Call) -> Json:
    """A new policy."""
    _check(call, call.body)
    call.body.pop("name", None)
    policy = resources.create(call, {"born": call.cloud.clock.now(), "seen": _written(call)})
    _settle(call, policy)
    return resources.view(call, policy)


@handles("monitoring.alertPolicies.patch")
def patch(call: Call) -> Json:
    """Change a policy; without a mask all of it is replaced."""
    policy = resources.require(call, POLICY, call.name)
    whole = not call.query.get("updateMask")
    given: dict[str, Any] = {name: value for name, value in call.body.items() if name not in RECORDS}
    kept = {name: policy.body[name] for name in RECORDS if name in policy.body}
    _check(call, {**kept, **given} if whole else {**policy.body, **given})
    if whole:
        policy.body = {**kept, **given}
    else:
        resources.patch(call, given)
    _settle(call, policy)
    return resources.view(call, policy)


RECORDS = ("name", "creationRecord", "mutationRecord")


@handles("monitoring.notificationChannels.create")
def create_channel(call: Call) -> Json:
    """A new channel, enabled."""
    if not call.body.get("type"):
        raise invalid("Field notification_channel.type is required.")
    if call.body["type"] == "email" and "@" not in str((call.body.get("labels") or {}).get("email_address")):
        raise invalid("Field notification_channel.labels['email_address'] must be an e-mail address.")
    call.body.setdefault("enabled", True)
    return resources.view(call, resources.create(call))


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
    resources.remove(call)
    return {}
