"""What each role of an environment may do."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from keystead.aws.secret_policy import READ
from keystead.aws.statements import (
    deny_other_environments,
    environment_secrets,
    secret_use,
    statement,
    through_secrets_manager,
)
from keystead.model.aws.scope import AwsScope
from keystead.restrictions.aws import Statement, allow_within
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

_CURRENT_OR_PREVIOUS: Mapping[str, Mapping[str, Any]] = {
    "Null": {"secretsmanager:VersionId": "true"},
    "StringEqualsIfExists": {"secretsmanager:VersionStage": ["AWSCURRENT", "AWSPREVIOUS"]},
}
"""Access by label only: a version after its overlap has no label, and a pending one is not in use yet."""


def log_streams(scope: AwsScope) -> str:
    """ARN pattern of the streams in the rotator's log group."""
    return f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{scope.rotator_log}:*"


def rotator(scope: AwsScope, rotated: Sequence[str], *, dead_letters_arn: str, operations_key: Any) -> list[Statement]:
    """Rotates the named secrets and retires old versions of all; writes its log and its dead letters.

    Values can be read only while the secret names this very function as its rotator.
    """
    everything = environment_secrets(scope, [scope.region])
    statements = [
        statement("Sweep", "Allow", (*LOOK, "secretsmanager:UpdateSecretVersionStage"), everything),
        statement("WriteLog", "Allow", ("logs:CreateLogStream", "logs:PutLogEvents"), log_streams(scope)),
        statement("DeadLetters", "Allow", ("sqs:SendMessage",), dead_letters_arn),
        statement("OperationsKey", "Allow", ("kms:Decrypt", "kms:GenerateDataKey"), operations_key),
        deny_other_environments(scope, OWN),
    ]
    if rotated:
        statements.append(
            statement(
                "Rotate",
                "Allow",
                (*READ, "secretsmanager:PutSecretValue"),
                [scope.secret_arn_pattern(name) for name in sorted(rotated)],
                condition={
                    "StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": scope.rotator_function_arn}
                },
            )
        )
    return statements


def use_keys(
    scope: AwsScope, secrets: Iterable[str], keys: Sequence[Any], regions: Sequence[str], *, writes: bool = False
) -> Statement:
    """The use of the key through Secrets Manager, for these secrets only."""
    arns = [scope.secret_arn_pattern(secret, region) for secret in sorted(secrets) for region in regions]
    return statement(
        "KeysThroughSecretsManager",
        "Allow",
        secret_use(regions, writes=writes),
        keys,
        condition={
            **through_secrets_manager(scope, regions),
            "StringLike": {"kms:EncryptionContext:SecretARN": arns},
        },
    )


def reader(scope: AwsScope, secrets: Mapping[str, Restriction | None], regions: Sequence[str]) -> list[Statement]:
    """Current and previous values of the named secrets, each within its restriction.

    Secrets under one restriction share a statement: all policies of a role may have 10,240 characters together.
    """
    groups: list[tuple[Restriction | None, list[str]]] = []
    for name, restriction in sorted(secrets.items()):
        for known, names in groups:
            if known == restriction:
                names.append(name)
                break
        else:
            groups.append((restriction, [name]))
    statements: list[Statement] = []
    for number, (restriction, names) in enumerate(groups):
        statements += allow_within(
            restriction,
            actions=[*READ, "secretsmanager:DescribeSecret"],
            resources=[scope.secret_arn_pattern(name, region) for name in names for region in regions],
            extra_conditions=_CURRENT_OR_PREVIOUS,
            sid=f"Read{number}",
        )
    return [*statements, deny_other_environments(scope, OWN)]


def administrator(scope: AwsScope, by_hand: Sequence[str], regions: Sequence[str]) -> list[Statement]:
    """Manages keys and secrets: writes only the values that people provide, and reads none.

    RotateSecret requires the right to call the function as well (API reference); the function refuses calls that
    Secrets Manager did not start, and no other function can be made the rotator of a secret.
    """
    arns = environment_secrets(scope, regions)
    manage = (
        *LOOK,
        "secretsmanager:CancelRotateSecret",
        "secretsmanager:RestoreSecret",
        "secretsmanager:TagResource",
        "secretsmanager:UntagResource",
    )
    statements = [
        statement("ManageSecrets", "Allow", manage, arns),
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
        deny_other_environments(scope, OWN),
    ]
    if by_hand:
        put = [scope.secret_arn_pattern(name) for name in by_hand]
        statements.append(statement("BringValues", "Allow", ("secretsmanager:PutSecretValue",), put))
    return statements


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
