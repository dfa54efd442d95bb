"""What each role of an environment may do."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from keystead.aws.secret_policy import READ
from keystead.aws.statements import (
    deny_other_environments,
    environment_secrets,
    secret_use,
    statement,
    through_secrets_manager,
)
from keystead.model.aws.scope import BY_HAND, ROTATION_TAG, AwsScope
from keystead.restrictions.aws import Statement, allow_within, by_restriction
from keystead.restrictions.restriction import Restriction

LOOK = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:ListSecretVersionIds",
)
"""Reading a secret's metadata, never its value."""

LIST = ("cloudwatch:DescribeAlarms", "kms:ListAliases", "kms:ListKeys", "secretsmanager:ListSecrets")
"""Calls that name no resource."""

OWN = ("kms:*", "secretsmanager:*")

TAG = ("secretsmanager:TagResource", "secretsmanager:UntagResource")
"""Changing the tags of a secret."""

_CURRENT_OR_PREVIOUS: Mapping[str, Mapping[str, Any]] = {
    "Null": {"secretsmanager:VersionId": "true"},
    "StringEqualsIfExists": {"secretsmanager:VersionStage": ["AWSCURRENT", "AWSPREVIOUS"]},
}
"""Access by label only: a version after its overlap has no label, and a pending one is not in use yet."""


def log_streams(scope: AwsScope) -> str:
    """ARN pattern of the streams in the rotator's log group."""
    return f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{scope.rotator_log}:*"


def rotator(scope: AwsScope, *, operations_key: str) -> list[Statement]:
    """Rotates the environment's secrets and retires their old versions; writes its log and its dead letters.

    Values can be read and written only while the secret names this very function as its rotator and is not marked as
    one whose value a person provides. Secrets are not named one by one, so the policy does not grow with them.
    """
    everything = environment_secrets(scope, [scope.region])
    return [
        statement("Sweep", "Allow", (*LOOK, "secretsmanager:UpdateSecretVersionStage"), everything),
        statement("List", "Allow", ("secretsmanager:ListSecrets",)),
        statement("WriteLog", "Allow", ("logs:CreateLogStream", "logs:PutLogEvents"), log_streams(scope)),
        statement("DeadLetters", "Allow", ("sqs:SendMessage",), scope.dead_letters_arn),
        statement("OperationsKey", "Allow", ("kms:Decrypt", "kms:GenerateDataKey"), operations_key),
        statement(
            "Rotate",
            "Allow",
            (*READ, "secretsmanager:PutSecretValue"),
            everything,
            condition={
                "StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": scope.rotator_function_arn},
                "Null": {f"aws:ResourceTag/{ROTATION_TAG}": "true"},
            },
        ),
        deny_other_environments(scope, OWN),
    ]


def move_values(scope: AwsScope, moving: Mapping[str, str], by_hand: Collection[str]) -> list[Statement]:
    """Reads each renamed secret under its old name and writes those `by_hand`, which no rotation gives a value.

    `moving` has the new name by the old one. Neither rests on the rotation of a secret: the old name is not rotated any
    more.
    """
    written = sorted(new for new in moving.values() if new in by_hand)
    found = []
    if moving:
        found.append(
            statement("ReadOldNames", "Allow", READ, [scope.secret_arn_pattern(old) for old in sorted(moving)])
        )
    if written:
        actions = (*READ, "secretsmanager:PutSecretValue")
        found.append(statement("WriteNewNames", "Allow", actions, [scope.secret_arn_pattern(new) for new in written]))
    return found


def use_keys(scope: AwsScope, keys: Sequence[str], regions: Sequence[str], *, writes: bool = False) -> Statement:
    """The use of the keys through Secrets Manager, for the environment's secrets.

    Secrets Manager uses a key only for a call that the role may make, so which secrets these are is decided by the
    role's rights on secrets, and the policy does not grow with their number.
    """
    return statement(
        "KeysThroughSecretsManager",
        "Allow",
        secret_use(regions, writes=writes),
        keys,
        condition={
            **through_secrets_manager(scope, regions),
            "StringLike": {"kms:EncryptionContext:SecretARN": environment_secrets(scope, regions)},
        },
    )


def reader(scope: AwsScope, secrets: Mapping[str, Restriction | None], regions: Sequence[str]) -> list[Statement]:
    """Current and previous values of the named secrets, each within its restriction.

    Secrets under one restriction share a statement, and each is named once for all regions: all policies of a role may
    have 10,240 characters together.
    """
    several = len(regions) > 1
    within = {"StringEquals": {"aws:RequestedRegion": list(regions)}} if several else {}
    statements: list[Statement] = []
    for number, (restriction, names) in enumerate(by_restriction(secrets)):
        statements += allow_within(
            restriction,
            actions=[*READ, "secretsmanager:DescribeSecret"],
            resources=[scope.secret_arn_pattern(name, "*" if several else None) for name in names],
            extra_conditions={**_CURRENT_OR_PREVIOUS, **within},
            sid=f"Read{number}",
        )
    return [*statements, deny_other_environments(scope, OWN)]


def administrator(scope: AwsScope, regions: Sequence[str]) -> list[Statement]:
    """Manages keys and secrets: writes only the values that people provide, and reads none.

    Which values these are is said by a tag that only a deployment sets: the administrator cannot set or remove
    Keystead's own tags, in any spelling, since IAM compares the keys of tags without regard to case. RotateSecret
    requires the right to call the function as well (API reference); the function refuses calls that Secrets Manager did
    not start, and no other function can be made the rotator of a secret.
    """
    arns = environment_secrets(scope, regions)
    manage = (
        *LOOK,
        "secretsmanager:CancelRotateSecret",
        "secretsmanager:RestoreSecret",
        *TAG,
    )
    own_tags = sorted({*scope.labels(), ROTATION_TAG})
    return [
        statement("ManageSecrets", "Allow", manage, arns),
        statement(
            "KeepTags",
            "Deny",
            TAG,
            condition={"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": own_tags}},
        ),
        statement(
            "RotateNow",
            "Allow",
            ("secretsmanager:RotateSecret",),
            arns,
            condition={"ArnEqualsIfExists": {"secretsmanager:RotationLambdaARN": scope.rotator_function_arn}},
        ),
        statement("CallRotator", "Allow", ("lambda:InvokeFunction",), scope.rotator_function_arn),
        statement("List", "Allow", LIST),
        statement("NeverRead", "Deny", READ),
        statement(
            "BringValues",
            "Allow",
            ("secretsmanager:PutSecretValue",),
            environment_secrets(scope, [scope.region]),
            condition={"StringEquals": {f"aws:ResourceTag/{tag}": value for tag, value in BY_HAND.items()}},
        ),
        deny_other_environments(scope, OWN),
    ]


def auditor(scope: AwsScope, regions: Sequence[str]) -> list[Statement]:
    """Reads settings, policies, logs and the trail; no values, and changes nothing."""
    arns = environment_secrets(scope, regions)
    return [
        statement("LookAtSecrets", "Allow", LOOK, arns),
        statement(
            "List",
            "Allow",
            (*LIST, "cloudtrail:LookupEvents"),
        ),
        statement("ReadRotationLog", "Allow", ("logs:FilterLogEvents", "logs:GetLogEvents"), log_streams(scope)),
        statement("NeverRead", "Deny", READ),
        deny_other_environments(scope, OWN),
    ]


def break_glass(scope: AwsScope, regions: Sequence[str]) -> list[Statement]:
    """Reads current and previous values of every secret of the environment, from anywhere."""
    arns = environment_secrets(scope, regions)
    return [
        statement("ReadInEmergency", "Allow", (*READ, *LOOK), arns, condition=_CURRENT_OR_PREVIOUS),
        statement("List", "Allow", ("secretsmanager:ListSecrets",)),
        deny_other_environments(scope, OWN),
    ]
