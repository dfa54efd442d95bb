"""What each principal may do with a KMS key: owner, administrators, users and services, separately."""

from collections.abc import Iterable, Sequence

from keystead.aws.statements import (
    account_root,
    environment_secrets,
    secret_use,
    statement,
    through_secrets_manager,
)
from keystead.model.aws.scope import AwsScope
from keystead.model.principals import on
from keystead.restrictions.aws import Statement
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.keys import KeySpec

MANAGE = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:ReplicateKey",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
)
"""Managing a key. None of it encrypts, decrypts, signs or gives the use of the key to another principal."""

ALIASING = ("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias")
"""Evaluated on the alias as well, which no key policy covers. Source: KMS guide, "Controlling access to aliases"."""

PROBE = "RequestToValidateKeyAccess"
"""Value in place of the secret's ARN when Secrets Manager checks whether the creator of a secret may use the key."""

LOOK = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListResourceTags")
"""Reading about a key."""

USE = {
    "encrypt": ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
    "sign": ("kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"),
    "mac": ("kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"),
}
"""What a user of a key may do, by the key's use."""


def key_policy(scope: AwsScope, spec: KeySpec, services: Iterable[Statement] = ()) -> list[Statement]:
    """The policy of one key in every region of its replicas; `services` are statements for services that use it.

    The owner statement keeps the account from being locked out, and no IAM policy can grant the key's use: use is
    granted here only. Principals are matched by `aws:PrincipalArn`, so a role that is created again keeps its access.
    """
    return [
        statement("Owner", "Allow", MANAGE, principal=account_root(scope)),
        *_grants(scope, spec),
        _administrators(scope, spec),
        *_users(scope, spec),
        *services,
    ]


def services_of(scope: AwsScope, spec: EnvironmentSpec, name: str) -> list[Statement]:
    """Statements for the services that use a key of the spec: Secrets Manager, where it can encrypt secrets."""
    if name not in spec.encryption_keys_on("aws"):
        return []
    return [secrets_service(scope, [scope.region, *spec.keys[name].replicas_on("aws")])]


def secrets_service(scope: AwsScope, regions: Sequence[str]) -> Statement:
    """Principals that may write or read a secret may use its key through the service; the secret names its readers."""
    return statement(
        "SecretsManager",
        "Allow",
        secret_use(regions, writes=True),
        principal=account_root(scope),
        condition={
            **through_secrets_manager(scope, regions),
            "StringLike": {"kms:EncryptionContext:SecretARN": [*environment_secrets(scope, regions), PROBE]},
        },
    )


def _grants(scope: AwsScope, spec: KeySpec) -> list[Statement]:
    """The owner may create the grants of the spec and no others: for each principal its own operations."""
    return [
        statement(
            f"Grant{number}",
            "Allow",
            ("kms:CreateGrant",),
            principal=account_root(scope),
            condition={
                "StringEquals": {"kms:GranteePrincipal": grant.principal},
                "ForAllValues:StringEquals": {"kms:GrantOperations": sorted(grant.operations)},
            },
        )
        for number, (_, grant) in enumerate(sorted(spec.grants.items()))
    ]


def _administrators(scope: AwsScope, spec: KeySpec) -> Statement:
    arns = [scope.role_arn(scope.administrator_role), *on("aws", spec.administrators)]
    return statement("Administrators", "Allow", MANAGE, principal=account_root(scope), condition=_principals(arns))


def _users(scope: AwsScope, spec: KeySpec) -> list[Statement]:
    own = on("aws", spec.users)
    if not own:
        return []
    users = _principals(own)
    bound = {"StringEquals": {"kms:EncryptionContext:environment": scope.environment}} if spec.use == "encrypt" else {}
    use = tuple(action for action in USE[spec.use] if action != "kms:DescribeKey")
    return [
        statement("Users", "Allow", use, principal=account_root(scope), condition={**users, **bound}),
        statement("UsersDescribe", "Allow", ("kms:DescribeKey",), principal=account_root(scope), condition=users),
        statement(
            "UsersGrantToServices",
            "Allow",
            ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"),
            principal=account_root(scope),
            condition={**users, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ]


def _principals(arns: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    return {"ArnLike": {"aws:PrincipalArn": sorted(arns)}}
