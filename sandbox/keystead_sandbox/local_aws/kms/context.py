"""What KMS adds to the evaluation of requests.

Source: service authorization reference, condition keys for AWS KMS.
"""

from typing import Any

from keystead_sandbox.local_aws.identity.context import Context, ServiceContext, tags, text
from keystead_sandbox.local_aws.identity.context import named as fields_named
from keystead_sandbox.local_aws.kms import grants
from keystead_sandbox.local_aws.kms.ciphertexts import named_in
from keystead_sandbox.local_aws.kms.records import find
from keystead_sandbox.local_aws.protocol.in_process import here, result

FIELDS = {
    **{
        name: f"kms:{name}"
        for name in (
            "BypassPolicyLockoutSafetyCheck",
            "EncryptionAlgorithm",
            "GranteePrincipal",
            "KeySpec",
            "KeyUsage",
            "MacAlgorithm",
            "MessageType",
            "MultiRegion",
            "ReplicaRegion",
            "RotationPeriodInDays",
            "SigningAlgorithm",
        )
    },
    "Operations": "kms:GrantOperations",
    "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
}


ALIASING = frozenset({"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"})
"""Actions that must be allowed on the alias and on the key."""


def keys(_operation: str, fields: dict[str, Any], resource: str) -> Context:
    """The condition keys of a request about a KMS key, with its encryption context."""
    context = fields_named(FIELDS, fields)
    encryption = fields.get("EncryptionContext") or {}
    context |= {f"kms:EncryptionContext:{name}": value for name, value in encryption.items()}
    if encryption:
        context["kms:EncryptionContextKeys"] = list(encryption)
    if "Operations" in fields:
        context["kms:GrantIsForAWSResource"] = False
    asked = str(fields.get("KeyId") or "")
    if "alias/" in asked:
        context["kms:RequestAlias"] = asked[asked.index("alias/") :]
    record = find(resource) if resource != "*" else None
    if record is not None:
        context |= tags(record, key="TagKey", value="TagValue")
        context |= {
            "kms:KeyOrigin": record["Origin"],
            "kms:KeySpec": record["KeySpec"],
            "kms:KeyUsage": record["KeyUsage"],
            "kms:MultiRegion": record["MultiRegion"],
            "kms:ResourceAliases": aliases(record["KeyId"]),
        }
    return text(context)


def aliases(key_id: str) -> list[str]:
    """The aliases of a key."""
    return [str(one["AliasName"]) for one in result("kms", "ListAliases", {"KeyId": key_id})["Aliases"]]


def resource_of(fields: dict[str, Any]) -> str | None:
    """The ARN of the key a request names by id, alias or ciphertext."""
    named = fields.get("KeyId") or fields.get("TargetKeyId") or fields.get("SourceKeyId") or fields.get("AliasName")
    record = find(named or named_in(fields.get("CiphertextBlob")))
    return record["Arn"] if record else None


def aliased(action: str, fields: dict[str, Any], region: str) -> list[str]:
    """The alias that is made, moved or deleted, and the key that it is taken from.

    The key it is given to is the request's own resource. Source: KMS guide, "Controlling access to aliases".
    """
    if action not in ALIASING:
        return []
    name = str(fields.get("AliasName"))
    record = find(name) if action == "kms:UpdateAlias" else None
    return [f"arn:aws:kms:{region}:{here()[0]}:{name}", *([record["Arn"]] if record else [])]


CONTEXT = ServiceContext(keys=keys, resource=resource_of, others=aliased, grants=grants.allow)
