"""Resource policies of secrets: PutResourcePolicy with BlockPublicPolicy, and ValidateResourcePolicy.

AWS decides with automated reasoning whether a policy is public. Here an Allow for everybody is public unless a
condition pins the caller's account, organization, identity or network with a positive operator and no wildcard.
"""

from typing import Any

from keystead_sandbox.local_aws.identity import resource_policies
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer, malformed_policy
from keystead_sandbox.local_aws.protocol.in_process import account_of
from keystead_sandbox.local_aws.secrets_manager.replicas import followers
from keystead_sandbox.local_aws.secrets_manager.store import find, identity, resolve

PINNING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpcsourceip",
    }
)
PINNING_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)

UNREADABLE = "This resource policy contains invalid Json."
INVALID = "This resource policy contains a syntax error: {}."
MOST_CHARACTERS = 20_480
"""Longest policy of a secret (API reference, PutResourcePolicy)."""
TOO_LONG = (
    "1 validation error detected: Value at 'resourcePolicy' failed to satisfy constraint: Member must have length less "
    f"than or equal to {MOST_CHARACTERS}"
)
PUBLIC = (
    "You can't attach this resource policy because it grants broad access to the secret and the BlockPublicPolicy "
    "parameter is set to true."
)


def put(data: dict[str, Any]) -> Response:
    """The operation PutResourcePolicy."""
    secret = find(data.get("SecretId"))
    policy = data.get("ResourcePolicy") or ""
    statements = checked(policy)
    if data.get("BlockPublicPolicy") and any(is_public(statement) for statement in statements):
        raise AwsError("PublicPolicyException", PUBLIC)
    for one in (secret, *followers(secret)):
        one["ResourcePolicy"] = policy
    return answer(identity(secret))


def get(data: dict[str, Any]) -> Response:
    """The operation GetResourcePolicy."""
    secret = find(data.get("SecretId"))
    policy = {"ResourcePolicy": secret["ResourcePolicy"]} if "ResourcePolicy" in secret else {}
    return answer(identity(secret) | policy)


def delete(data: dict[str, Any]) -> Response:
    """The operation DeleteResourcePolicy."""
    secret = find(data.get("SecretId"))
    for one in (secret, *followers(secret)):
        one.pop("ResourcePolicy", None)
    return answer(identity(secret))


def of(arn: str) -> tuple[str, str] | None:
    """The policy and the owner of the secret with an ARN, for the evaluation of a request; None without a secret."""
    secret = resolve(arn)
    return (secret.get("ResourcePolicy", ""), account_of(arn)) if secret else None


def validate(data: dict[str, Any]) -> Response:
    """The operation ValidateResourcePolicy: syntax and broad access."""
    if data.get("SecretId"):
        find(data["SecretId"])
    public = [statement for statement in checked(data.get("ResourcePolicy") or "") if is_public(statement)]
    errors = [{"CheckName": "PUBLIC_POLICY", "ErrorMessage": PUBLIC}] if public else []
    return answer({"PolicyValidationPassed": not errors, "ValidationErrors": errors})


def checked(policy: str) -> list[dict[str, Any]]:
    """The policy's statements; AWS's refusal when it is not a policy or names a principal that does not exist."""
    if len(policy) > MOST_CHARACTERS:
        raise AwsError("ValidationException", TOO_LONG)
    statements = resource_policies.statements(policy, UNREADABLE, INVALID)
    for statement in statements:
        if not ("Principal" in statement) ^ ("NotPrincipal" in statement):
            raise malformed_policy(
                "This resource policy has a statement without exactly one of Principal and NotPrincipal."
            )
        if resource_policies.unknown(statement.get("Principal", statement.get("NotPrincipal"))):
            raise malformed_policy("This resource policy contains an unsupported principal.")
    return statements


def is_public(statement: dict[str, Any]) -> bool:
    """Whether a statement allows everybody."""
    if statement.get("Effect") != "Allow":
        return False
    everybody = "NotPrincipal" in statement or "*" in resource_policies.named(statement.get("Principal"))
    return everybody and not _pinned(statement.get("Condition") or {})


def _pinned(conditions: dict[str, Any]) -> bool:
    for operator, block in conditions.items():
        plain = operator.lower().removeprefix("foranyvalue:")
        if plain not in PINNING_OPERATORS:
            continue
        for key, expected in block.items():
            values = expected if isinstance(expected, list) else [expected]
            if key.lower() in PINNING_KEYS and all(value not in {"*", "0.0.0.0/0", "::/0"} for value in values):
                return True
    return False
