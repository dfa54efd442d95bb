"""The resource policy of a secret: no access without TLS, from outside the environment, or outside the restriction."""

from collections.abc import Mapping, Sequence

from keystead.aws.statements import EVERYONE, deny_without_tls, statement
from keystead.model.aws.scope import ENVIRONMENT_TAG, AwsScope
from keystead.restrictions.aws import Statement, by_restriction, deny_outside
from keystead.restrictions.restriction import Restriction
from keystead.spec.environment import EnvironmentSpec

READ = ("secretsmanager:GetSecretValue",)
"""The only action that returns a value; BatchGetSecretValue requires it for each secret."""


def secret_policy(scope: AwsScope, readers: Mapping[str, Restriction | None], *, rotated: bool) -> list[Statement]:
    """Deny statements only: access is granted in the reader's role, and limited again here.

    `readers` maps the name of a reader's role to the restriction it reads under; those under one restriction share its
    statements. AWS services that act for the account are not denied; break-glass is exempt from restrictions. Even the
    account's administrators cannot read a value.
    """
    allowed = [*readers, scope.break_glass_role, *([scope.rotator_role] if rotated else [])]
    statements = _everywhere(scope, [scope.role_arn(role) for role in allowed])
    restricted = [(restriction, roles) for restriction, roles in by_restriction(readers) if restriction is not None]
    for number, (restriction, roles) in enumerate(restricted):
        statements += deny_outside(
            restriction,
            principals=[scope.role_arn(role) for role in roles],
            exempt=[],
            actions=READ,
            resource="*",
            sid_prefix=f"Readers{number}",
            tls=False,
        )
    return statements


def readers_of(scope: AwsScope, spec: EnvironmentSpec, secret: str) -> dict[str, Restriction | None]:
    """Name of the role of each reader of a secret, with the restriction it reads under."""
    return {
        scope.reader_role(reader): spec.restriction_of(secret, reader, "aws")
        for reader in spec.secrets[secret].readers_on("aws")
    }


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
