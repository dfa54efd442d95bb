"""Reads an environment's inventory from AWS. It never asks for a secret's value."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

from keystead.functions.shared.clock import now
from keystead.functions.stores.aws_labels import CURRENT, PREVIOUS, AwsLabels
from keystead.functions.stores.store import portable
from keystead.model.alarms import FAULTS, Alarm
from keystead.model.aws.rotation_rules import RotationRules, rotation_rules
from keystead.operations.aws.failures import explained
from keystead.operations.aws.orphans import orphaned_keys, orphaned_secrets
from keystead.operations.aws.session import CALLS, open_session
from keystead.operations.inventory import Inventory, KeyCondition, ObservedKey, ObservedSecret, Orphan
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.keys import KeySpec
from keystead.spec.rotation import RotationSpec

PARALLEL = 8
"""Calls under way at once; far below every quota of KMS and Secrets Manager reads."""
CONDITIONS = {
    "PendingDeletion": KeyCondition.DELETING,
    "PendingReplicaDeletion": KeyCondition.DELETING,
    "Enabled": KeyCondition.ENABLED,
    "Creating": KeyCondition.ENABLED,
    "Updating": KeyCondition.ENABLED,
}
FIRST_SWEEP = timedelta(hours=2)
"""How long the alarm on missing sweeps is raised before it counts. A new alarm has no data, so CloudWatch raises it
within minutes and lowers it with the first of the hourly sweeps. On GCP the alert itself waits as long."""
ABSENT = ("NotFoundException", "ResourceNotFoundException")


def observe(spec: EnvironmentSpec) -> Inventory:
    """Read the keys and secrets of the spec, the alarms and the orphans from the environment's own account."""
    session = open_session(spec)
    scope = spec.scope("aws")
    reader = _Reader(spec.environment, session)
    with ThreadPoolExecutor(PARALLEL) as pool:
        keys = {
            name: pool.submit(reader.key, scope.key_alias(name), wanted) for name, wanted in spec.keys_on("aws").items()
        }
        secrets = {
            name: pool.submit(reader.secret, scope.secret_name(name), secret.rotation)
            for name, secret in spec.secrets_on("aws").items()
        }
        alarms = pool.submit(reader.raised, {scope.alarm_name(alarm): alarm for alarm in FAULTS})
        orphans = pool.submit(reader.orphans, spec)
        return Inventory(
            keys={name: key for name, job in keys.items() if (key := job.result())},
            secrets={name: secret for name, job in secrets.items() if (secret := job.result())},
            alarms=alarms.result(),
            orphans=orphans.result(),
        )


class _Reader:
    """The read-only calls on one environment."""

    def __init__(self, environment: str, session: boto3.Session) -> None:
        self._environment = environment
        self._kms = session.client("kms", config=CALLS)
        self._store = session.client("secretsmanager", config=CALLS)
        self._alarms = session.client("cloudwatch", config=CALLS)

    def key(self, alias: str, spec: KeySpec) -> ObservedKey | None:
        described = self._ask("kms:DescribeKey", self._kms.describe_key, KeyId=alias)
        if described is None:
            return None
        metadata = described["KeyMetadata"]
        condition = CONDITIONS.get(metadata["KeyState"], KeyCondition.DISABLED)
        seen = ObservedKey(condition=condition, deletion=metadata.get("DeletionDate"))
        if spec.use != "encrypt" or condition is not KeyCondition.ENABLED:
            return seen
        status = self._ask("kms:GetKeyRotationStatus", self._kms.get_key_rotation_status, KeyId=metadata["KeyId"])
        if not status or not status["KeyRotationEnabled"]:
            return seen
        period = status.get("RotationPeriodInDays")
        return ObservedKey(
            condition=condition,
            rotation=timedelta(days=period) if period else None,
            rotates=status.get("NextRotationDate"),
        )

    def secret(self, name: str, rotation: RotationSpec) -> ObservedSecret | None:
        described = self._ask("secretsmanager:DescribeSecret", self._store.describe_secret, SecretId=name)
        if described is None:
            return None
        if described.get("DeletedDate"):
            return secret_from(described, [], rotation)
        listed = self._ask(
            "secretsmanager:ListSecretVersionIds", self._store.list_secret_version_ids, SecretId=name, MaxResults=100
        )
        return secret_from(described, listed["Versions"] if listed else [], rotation)

    def raised(self, names: Mapping[str, Alarm]) -> tuple[str, ...]:
        """Return which of these alarms are raised, by their names."""
        answer = self._ask("cloudwatch:DescribeAlarms", self._alarms.describe_alarms, AlarmNames=list(names))
        alarms = answer["MetricAlarms"] if answer else []
        return tuple(sorted(alarm["AlarmName"] for alarm in alarms if counts(names[alarm["AlarmName"]], alarm, now())))

    def orphans(self, spec: EnvironmentSpec) -> tuple[Orphan, ...]:
        """Return what the environment's names hold and the spec does not."""
        return (*orphaned_keys(spec, self._kms), *orphaned_secrets(spec, self._store))

    def _ask(self, action: str, call: Callable[..., dict[str, Any]], **arguments: Any) -> dict[str, Any] | None:
        with explained(self._environment, action):
            try:
                return call(**arguments)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ABSENT:
                    return None
                raise


def counts(kind: Alarm, alarm: Mapping[str, Any], at: datetime) -> bool:
    """Return whether an alarm, as DescribeAlarms tells of it, means at a time that something is wrong."""
    if alarm["StateValue"] != "ALARM":
        return False
    since: datetime | None = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")
    return kind is not Alarm.UNWATCHED or since is None or at - since >= FIRST_SWEEP


def secret_from(
    described: dict[str, Any], versions: list[dict[str, Any]], rotation: RotationSpec | None = None
) -> ObservedSecret:
    """Read the state of a secret out of DescribeSecret and ListSecretVersionIds.

    Where a pending version has no value yet, which the list of versions leaves out, the secret's last change stands in
    for its creation.
    """
    created = {version["VersionId"]: version["CreatedDate"] for version in versions}
    labels = AwsLabels.of(described)
    current, pending = labels.bearer(CURRENT), labels.state(enabled=True).unfinished
    since = labels.current_since(created)
    begun: datetime | None = None
    if pending is not None:
        begun = created.get(pending) or described.get("LastChangedDate") or described["CreatedDate"]
    rules = _rules(described)
    return ObservedSecret(
        created=described["CreatedDate"],
        current=portable(current) if current and since else None,
        current_since=since,
        previous=labels.bearer(PREVIOUS) is not None,
        pending=portable(pending) if pending else None,
        pending_since=begun,
        due=described.get("NextRotationDate") if described.get("RotationEnabled") else None,
        schedule=str(rules) if rules else None,
        switched_off=bool(described.get("RotationRules")) and not described.get("RotationEnabled"),
        as_declared=rotation is None or rules == _declared(described["Name"], rotation),
        deletion=described.get("DeletedDate"),
        failed_replicas=tuple(
            sorted(one["Region"] for one in described.get("ReplicationStatus", []) if one.get("Status") == "Failed")
        ),
    )


def _rules(described: dict[str, Any]) -> RotationRules | None:
    """Return the rules by which Secrets Manager rotates; of an expression it computes the days itself."""
    rules = described.get("RotationRules") if described.get("RotationEnabled") else None
    if not rules:
        return None
    expression = rules.get("ScheduleExpression")
    days = None if expression else rules.get("AutomaticallyAfterDays")
    return RotationRules(days=days, expression=expression, duration=rules.get("Duration"))


def _declared(name: str, rotation: RotationSpec) -> RotationRules | None:
    return None if rotation.by_hand else rotation_rules(name, rotation.every, rotation.utc_window)
