"""The resource policy of a secret: no access without TLS, from outside the environment, or outside the restriction."""

from collections.abc import Mapping, Sequence

from keystead.aws.statements import EVERYONE, deny_without_tls, document, statement
from keystead.model.aws.scope import ENVIRONMENT_TAG, AwsScope
from keystead.restrictions.aws import Statement, deny_outside
from keystead.restrictions.restriction import Restriction

READ = ("secretsmanager:GetSecretValue",)
"""The only action that returns a value; BatchGetSecretValue requires it for each secret."""

MOST_CHARACTERS = 20480
"""Longest resource policy that Secrets Manager accepts (quotas of the service)."""


def secret_policy(
    scope: AwsScope, secret: str, readers: Mapping[str, Restriction | None], *, rotated: bool
) -> dict[str, object]:
    """Deny statements only: access is granted in the reader's role, and limited again here.

    `readers` maps the name of a reader's role to the restriction it reads under. AWS services that act for the account
    are not denied; break-glass is exempt from restrictions. Even the account's administrators cannot read a value.
    """
    allowed = [*readers, scope.break_glass_role, *([scope.rotator_role] if rotated else [])]
    statements = _everywhere(scope, [scope.role_arn(role) for role in allowed])
    for number, (role, restriction) in enumerate(sorted(readers.items())):
        if restriction is not None:
            statements += deny_outside(
                restriction,
                principals=[scope.role_arn(role)],
                exempt=[],
                actions=READ,
                resource="*",
                sid_prefix=f"Reader{number}",
            )
    return document(statements, MOST_CHARACTERS, f"the resource policy of secret {secret!r}")


def _everywhere(scope: AwsScope, allowed: Sequence[str]) -> list[Statement]:
    """Deny calls without TLS, from outside the account or the environment, and reads by other roles than these."""
    not_a_service = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    return [
        deny_without_tls(("secretsmanager:*",)),
        statement(
            "DenyOutsideAccount",
            "Deny",
            ("secretsmanager:*",),
            principal=EVERYONE,
            condition={"StringNotEquals": {"aws:PrincipalAccount": scope.account}, **not_a_service},
        ),
        statement(
            "DenyOtherEnvironments",
            "Deny",
            ("secretsmanager:*",),
            principal=EVERYONE,
            condition={
                "Null": {f"aws:PrincipalTag/{ENVIRONMENT_TAG}": "false"},
                "StringNotEquals": {f"aws:PrincipalTag/{ENVIRONMENT_TAG}": scope.environment},
            },
        ),
        statement(
            "DenyReadToOthers",
            "Deny",
            READ,
            principal=EVERYONE,
            condition={
                "ArnNotEquals": {"aws:PrincipalArn": sorted(allowed)},
                **not_a_service,
            },
        ),
    ]
