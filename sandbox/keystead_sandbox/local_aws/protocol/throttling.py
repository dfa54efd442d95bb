"""A strict sandbox refuses more calls than AWS documents.

Sources: KMS developer guide, "Request quotas"; Secrets Manager user guide, "AWS Secrets Manager quotas" (calls a
second, by account and Region). AWS documents none for IAM.
"""

from collections.abc import Callable
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.quota import Quota
from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.in_process import here
from keystead_sandbox.local_aws.protocol.operations import Wire, intercept

EACH = {
    "kms": {
        **dict.fromkeys(("CreateAlias", "CreateKey", "DeleteAlias", "EnableKey", "ReplicateKey", "UpdateAlias"), 5),
        **dict.fromkeys(("DisableKey", "EnableKeyRotation", "ScheduleKeyDeletion", "UpdateKeyDescription"), 5),
        "TagResource": 10,
        "PutKeyPolicy": 15,
        "CreateGrant": 50,
        "ListAliases": 500,
        "GetKeyPolicy": 1000,
        "GetKeyRotationStatus": 1000,
        "DescribeKey": 2000,
        "ListResourceTags": 2000,
    },
    "secretsmanager": {
        "DescribeSecret": 10_000,
        "GetSecretValue": 10_000,
        "ListSecrets": 100,
        "ListSecretVersionIds": 50,
    },
}
"""Calls a second of one operation."""
TOGETHER = {
    "secretsmanager": (
        50,
        frozenset({"CreateSecret", "DeleteSecret", "PutSecretValue", "ReplicateSecretToRegions", "RestoreSecret"})
        | {"RotateSecret", "StopReplicationToReplica", "TagResource", "UntagResource", "UpdateSecret"}
        | {"CancelRotateSecret", "RemoveRegionsFromReplication", "UpdateSecretVersionStage"}
        | {"DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy", "ValidateResourcePolicy"},
    ),
}
"""Calls a second of several operations together; those on policies are counted with the others here."""
TEXTS = {
    "kms": "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
    "secretsmanager": "Rate exceeded",
}


def install(clock: Clock, *, strict: bool) -> None:
    """Count calls, where that is asked."""
    for service in EACH if strict else ():
        intercept(service, _counted(service, clock))


def _counted(service: str, clock: Clock) -> Callable[[Wire, Callable[[Wire], Any]], Any]:
    quotas: dict[tuple[str, str], Quota] = {}

    async def answered(wire: Wire, pass_on: Callable[[Wire], Any]) -> Any:
        name, most = _limit(service, wire.operation)
        if most:
            region = here()[1]
            quota = quotas.get((region, name)) or quotas.setdefault((region, name), Quota(clock.now, most))
            if not quota.take():
                raise AwsError("ThrottlingException", TEXTS[service])
        return await pass_on(wire)

    return answered


def _limit(service: str, operation: str) -> tuple[str, int]:
    """What an operation is counted as, and how often that may be called in a second; 0 where it is not limited."""
    most, together = TOGETHER.get(service, (0, frozenset()))
    return ("together", most) if operation in together else (operation, EACH[service].get(operation, 0))
