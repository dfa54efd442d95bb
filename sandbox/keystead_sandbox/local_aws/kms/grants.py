"""Grants of KMS keys: ministack stores them; here they also allow.

Source: KMS developer guide, "Grants in AWS KMS": a grant allows its operations to its grantee on its key, within its
encryption context constraints; an explicit Deny in a policy still wins. Grants take effect at once here.
"""

import base64
import binascii
from typing import Any

from keystead_sandbox.local_aws.identity.conditions import role_of
from keystead_sandbox.local_aws.patches import ministack

KEY_ID_BYTES = 36


def allow(context: Any) -> bool:
    """Whether a grant allows what `context` asks; retiring is also open to the grant's retiring principal."""
    service, _, operation = context.action.partition(":")
    if service != "kms":
        return False
    grants = ministack.original(ministack.module("services.kms"), "_grants")
    return any(
        grant["KeyId"] == context.resource_arn
        and operation in grant["Operations"]
        and _is(grant["GranteePrincipal"], context.principal_arn)
        and _within(grant.get("Constraints") or {}, context.service_context)
        for grant in grants.values()
    )


def key_of_ciphertext(blob: str | None) -> str | None:
    """The key id in the first bytes of a ciphertext of a symmetric key; None when there is none."""
    try:
        text = base64.b64decode(blob or "")[:KEY_ID_BYTES].decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if len(text) == KEY_ID_BYTES else None


def _is(grantee: str, principal: str) -> bool:
    return grantee in {principal, role_of(principal)}


def _within(constraints: dict[str, Any], service_context: dict[str, Any]) -> bool:
    prefix = "kms:encryptioncontext:"
    given = {name.removeprefix(prefix): value for name, value in service_context.items() if name.startswith(prefix)}
    equals = _lower(constraints.get("EncryptionContextEquals"))
    subset = _lower(constraints.get("EncryptionContextSubset"))
    return (equals is None or equals == given) and (subset is None or subset.items() <= given.items())


def _lower(context: dict[str, str] | None) -> dict[str, str] | None:
    return None if context is None else {name.lower(): value for name, value in context.items()}
