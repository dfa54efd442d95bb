"""Parts of every AWS policy document of Keystead: statements, documents and the ARNs they name."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from keystead.model.aws.scope import ENVIRONMENT_TAG, AwsScope
from keystead.restrictions.aws import Statement

EVERYONE = {"AWS": "*"}
"""The principal of denials."""

COMPACT = (",", ":")
"""Separators of JSON without spaces: KMS and Secrets Manager count every character that they are sent."""


def document(statements: Iterable[Statement]) -> dict[str, Any]:
    """A policy document, in the version of the language that has policy variables."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def written(statements: Iterable[Statement]) -> str:
    """A policy document as AWS is sent it; `limits` computes its length before anything is made."""
    return json.dumps(document(statements), separators=COMPACT)


def statement(
    sid: str,
    effect: str,
    actions: Iterable[str],
    resources: Any = "*",
    *,
    principal: Any = None,
    condition: Mapping[str, Mapping[str, Any]] | None = None,
) -> Statement:
    """One statement; a resource policy names a `principal`, an identity policy does not."""
    built: Statement = {"Sid": sid, "Effect": effect}
    if principal is not None:
        built["Principal"] = principal
    built |= {"Action": sorted(actions), "Resource": resources}
    if condition:
        built["Condition"] = {operator: dict(keys) for operator, keys in condition.items()}
    return built


def account_root(scope: AwsScope) -> dict[str, str]:
    """The account as a principal: everyone whom the account's own IAM policies allow."""
    return {"AWS": scope.root_arn}


def environment_secrets(scope: AwsScope, regions: Iterable[str]) -> list[str]:
    """Patterns for the ARNs of every secret of the environment in each region."""
    return [
        f"arn:{scope.partition}:secretsmanager:{region}:{scope.account}:secret:{scope.secret_name('*')}"
        for region in regions
    ]


def deny_without_tls(actions: Iterable[str], resource: Any = "*") -> Statement:
    """Resource statement that denies every call without TLS."""
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return statement("DenyWithoutTls", "Deny", actions, resource, principal=EVERYONE, condition=condition)


def through_secrets_manager(scope: AwsScope, regions: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Condition that is met only by calls which Secrets Manager makes on behalf of a principal of this account.

    The KMS guide names services with `amazonaws.com` only; where the partition has a domain of its own, both are
    accepted.
    """
    domains = sorted({"amazonaws.com", scope.domain})
    services = [f"secretsmanager.{region}.{domain}" for region in regions for domain in domains]
    return {"StringEquals": {"kms:CallerAccount": scope.account, "kms:ViaService": services}}


def secret_use(regions: Sequence[str], *, writes: bool) -> tuple[str, ...]:
    """What Secrets Manager does with a key on behalf of whoever reads a secret, or writes it.

    It copies each new value to the replicas on behalf of the writer: decrypted with one key, encrypted with the other
    (API reference, ReplicateSecretToRegions, "Required permissions").
    """
    if not writes:
        return ("kms:Decrypt",)
    return ("kms:Decrypt", *(["kms:Encrypt"] if len(regions) > 1 else []), "kms:GenerateDataKey")


def deny_other_environments(scope: AwsScope, actions: Iterable[str]) -> Statement:
    """Identity statement that denies access to resources tagged as those of another environment of the same account.

    Calls without a tagged resource (lists) are not denied.
    """
    tag = f"aws:ResourceTag/{ENVIRONMENT_TAG}"
    return statement(
        "DenyOtherEnvironments",
        "Deny",
        actions,
        condition={"Null": {tag: "false"}, "StringNotEquals": {tag: scope.environment}},
    )
