"""Grants of KMS keys: ministack stores them; here they also allow.

Source: KMS developer guide, "Grants in AWS KMS": a grant allows its operations to its grantee on its key, within its
encryption context constraints; an explicit Deny in a policy still wins. Grants take effect at once here.
"""

from typing import Any

from keystead_sandbox.local_aws.identity import resource_policies
from keystead_sandbox.local_aws.identity.roles import role_of
from keystead_sandbox.local_aws.kms import records
from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.in_process import result

LARGEST_PAGE = 100
PREFIX = "kms:encryptioncontext:"


def allow(action: str, key_arn: str, principal: str, context: dict[str, Any]) -> bool:
    """Whether a grant allows an action on a key to a principal; the names in `context` are in lower case."""
    if key_arn == "*" or records.find(key_arn) is None:
        return False
    operation = action.partition(":")[2]
    grants = result("kms", "ListGrants", {"KeyId": key_arn, "Limit": LARGEST_PAGE})["Grants"]
    return any(
        operation in grant["Operations"]
        and grant["GranteePrincipal"] in {principal, role_of(principal)}
        and _within(grant.get("Constraints") or {}, context)
        for grant in grants
    )


def check(fields: dict[str, Any]) -> None:
    """Refuse CreateGrant unless the key works and the grantee exists."""
    records.usable(records.required(fields.get("KeyId")))
    grantee = fields.get("GranteePrincipal", "")
    if not grantee.endswith(".amazonaws.com") and resource_policies.unknown({"AWS": grantee}):
        raise AwsError("InvalidArnException", f"ARN does not refer to a valid principal: {grantee}")


def _within(constraints: dict[str, Any], context: dict[str, Any]) -> bool:
    given = {name.removeprefix(PREFIX): value for name, value in context.items() if name.startswith(PREFIX)}
    equals, subset = (_lower(constraints.get(f"EncryptionContext{kind}")) for kind in ("Equals", "Subset"))
    return (equals is None or equals == given) and (subset is None or subset.items() <= given.items())


def _lower(context: dict[str, str] | None) -> dict[str, str] | None:
    return None if context is None else {name.lower(): value for name, value in context.items()}
