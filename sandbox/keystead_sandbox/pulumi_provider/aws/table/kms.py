"""AWS KMS: keys, aliases, replicas of multi-region keys, grants."""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.table.conditions import is_off, is_on
from keystead_sandbox.pulumi_provider.aws.values import Document
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values.scalars import Number

_DELETED = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
_TAGS = Tagging("KeyId", "$id", listing="ListResourceTags", key="TagKey", content="TagValue")
_POLICY = Property("Policy", kind=Document(policy=True), computed=True)
_WINDOW = Property("PendingWindowInDays", kind=Number(least=7, most=30), carried=True)
_BYPASS = Property(default=False, carried=True)


def _rotates(context: Context) -> bool:
    """Only symmetric keys made by KMS have a rotation status to ask for."""
    return context.record.get("KeySpec") == "SYMMETRIC_DEFAULT"


def _rotation(reply: Any, _: Context) -> dict[str, Any]:
    """Keep rotation alone: this answer may name the key by its ARN."""
    return {name: reply[name] for name in ("KeyRotationEnabled", "RotationPeriodInDays") if name in reply}


def _deleted(record: Mapping[str, Any]) -> bool:
    return record.get("KeyState") in _DELETED


def _rotation_problems(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    if inputs.get("rotationPeriodInDays") is not None and not inputs.get("enableKeyRotation"):
        return [("rotationPeriodInDays", "needs enableKeyRotation to be true")]
    return []


def _census(context: Context) -> list[str]:
    """List every key of the region."""
    pages = context.client("kms").get_paginator("list_keys").paginate()
    return [str(entry["KeyId"]) for page in pages for entry in page["Keys"]]


def _alike(context: Context, key_id: str) -> bool:
    """Whether a key has the declared description and tags: there is no name to tell it by."""
    client = context.client("kms")
    key = client.describe_key(KeyId=key_id)["KeyMetadata"]
    if key.get("KeyManager") != "CUSTOMER" or _deleted(key):
        return False
    if (key.get("Description") or "") != (context.inputs.get("description") or ""):
        return False
    return _TAGS.decode(client.list_resource_tags(KeyId=key_id)["Tags"]) == context.merged_tags()


def _changes(state: str) -> tuple[Call, ...]:
    """Enable before anything else, disable after everything: a disabled key cannot be changed."""
    key = {"KeyId": "$id"}
    return (
        Call("EnableKey", key, of=(state,), when=is_on(state)),
        Call("UpdateKeyDescription", key, of=("description",), blank={"Description": ""}),
        Call("PutKeyPolicy", {**key, "PolicyName": "default"}, of=("policy",)),
        Call(
            "EnableKeyRotation",
            key,
            of=("enableKeyRotation", "rotationPeriodInDays"),
            when=is_on("enableKeyRotation"),
            at_create=True,
        ),
        Call("DisableKeyRotation", key, of=("enableKeyRotation",), when=is_off("enableKeyRotation")),
        Call("DisableKey", key, of=(state,), when=is_off(state), at_create=True),
    )


_ROTATION = Call("GetKeyRotationStatus", {"KeyId": "$id"}, when=_rotates, reform=_rotation)
_READ = (
    Call("DescribeKey", {"KeyId": "$id"}, answer=("KeyMetadata",)),
    Call("GetKeyPolicy", {"KeyId": "$id", "PolicyName": "default"}),
    _ROTATION,
)
_DELETE = Call(
    "ScheduleKeyDeletion",
    {"KeyId": "$id", "PendingWindowInDays": "$deletionWindowInDays"},
    absent=frozenset({"KMSInvalidStateException"}),
)

KEY = Resource(
    type="aws:kms/key:Key",
    service="kms",
    special={
        "description": Property(computed=True),
        "keyUsage": Property(default="ENCRYPT_DECRYPT", replace=True),
        "customerMasterKeySpec": Property("KeySpec", default="SYMMETRIC_DEFAULT", replace=True),
        "policy": _POLICY,
        "bypassPolicyLockoutSafetyCheck": _BYPASS,
        "multiRegion": Property(replace=True, computed=True),
        "enableKeyRotation": Property("KeyRotationEnabled", default=False),
        "rotationPeriodInDays": Property(
            operation="EnableKeyRotation", kind=Number(least=90, most=2560), computed=True
        ),
        "isEnabled": Property("Enabled", default=True),
        "deletionWindowInDays": _WINDOW,
    },
    create=Call("CreateKey", answer=("KeyMetadata",)),
    identity="KeyId",
    read=_READ,
    changes=_changes("isEnabled"),
    delete=(_DELETE,),
    outputs={"arn": "Arn", "keyId": "KeyId"},
    gone=_deleted,
    tags=_TAGS,
    verify=_rotation_problems,
    census=_census,
    alike=_alike,
    refused=frozenset({"customKeyStoreId", "xksKeyId"}),
)


def _primary_region(context: Context) -> str:
    return str(context.look("primaryKeyArn")).split(":")[3]


def _replica(reply: Any, _: Context) -> dict[str, Any]:
    metadata = dict(reply["KeyMetadata"])
    configuration = metadata.get("MultiRegionConfiguration") or {}
    return {**metadata, "PrimaryKeyArn": (configuration.get("PrimaryKey") or {}).get("Arn")}


REPLICA_KEY = Resource(
    type="aws:kms/replicaKey:ReplicaKey",
    service="kms",
    special={
        "primaryKeyArn": Property("PrimaryKeyArn", replace=True),
        "enabled": Property("Enabled", default=True),
        "policy": _POLICY,
        "bypassPolicyLockoutSafetyCheck": _BYPASS,
        "deletionWindowInDays": _WINDOW,
    },
    create=Call(
        "ReplicateKey",
        {"KeyId": lambda context: context.inputs["primaryKeyArn"].rsplit("/", 1)[-1], "ReplicaRegion": "$region"},
        answer=("ReplicaKeyMetadata",),
        region=_primary_region,
    ),
    identity="KeyId",
    read=(
        Call("DescribeKey", {"KeyId": "$id"}, reform=_replica),
        Call("GetKeyPolicy", {"KeyId": "$id", "PolicyName": "default"}),
        _ROTATION,
    ),
    changes=tuple(call for call in _changes("enabled") if "Rotation" not in call.operation),
    delete=(_DELETE,),
    outputs={
        "arn": "Arn",
        "keyId": "KeyId",
        "keyUsage": "KeyUsage",
        "keySpec": "KeySpec",
        "keyRotationEnabled": "KeyRotationEnabled",
    },
    gone=_deleted,
    tags=_TAGS,
    lookup=lambda context: str(context.inputs["primaryKeyArn"]).rsplit("/", 1)[-1],
)


def _target(reply: Any, context: Context) -> dict[str, Any] | None:
    """Find the alias and the ARN of the key it names."""
    found = next((item for item in reply.get("Aliases", []) if item["AliasName"] == context.id), None)
    if found is None or not found.get("TargetKeyId"):
        return None
    declared = str((context.state.get("targetKeyId") or context.inputs.get("targetKeyId")) or "")
    held = found["TargetKeyId"]
    arn = f"{found['AliasArn'].rsplit(':', 1)[0]}:key/{held}"
    return {**found, "TargetKeyArn": arn, "TargetKeyId": arn if declared.startswith("arn:") else held}


ALIAS = Resource(
    type="aws:kms/alias:Alias",
    service="kms",
    special={"name": Property("AliasName", replace=True)},
    create=Call("CreateAlias", answer=()),
    identity="{name}",
    read=(Call("ListAliases", reform=_target),),
    changes=(Call("UpdateAlias"),),
    delete=(Call("DeleteAlias", {"AliasName": "$id"}),),
    outputs={"arn": "AliasArn", "targetKeyArn": "TargetKeyArn"},
    parts=("name",),
    lookup="{name}",
    name=Autoname(prefix="alias/", most=250),
    refused=frozenset({"namePrefix"}),
)


def _grant(reply: Any, context: Context) -> dict[str, Any] | None:
    """Find the grant; its key keeps the spelling of the id, and its token is only ever told at creation."""
    key, _, grant = context.id.rpartition(":")
    found = next((item for item in reply.get("Grants", []) if item["GrantId"] == grant), None)
    return found and {**found, "_keyId": key, "GrantToken": context.look("GrantToken") or context.look("grantToken")}


GRANT = Resource(
    type="aws:kms/grant:Grant",
    service="kms",
    special={
        "keyId": Property(replace=True, answer="_keyId"),
        "operations": Property(unordered=True, replace=True),
        "grantCreationTokens": Property("GrantTokens", unordered=True, replace=True, carried=True),
        "retireOnDelete": Property(default=False, replace=True, carried=True),
        **dict.fromkeys(("name", "granteePrincipal", "constraints", "retiringPrincipal"), Property(replace=True)),
    },
    create=Call("CreateGrant"),
    identity="{keyId}:{GrantId}",
    read=(Call("ListGrants", {"KeyId": lambda context: context.id.rpartition(":")[0]}, reform=_grant),),
    delete=(
        Call(
            "RevokeGrant",
            {"KeyId": "$keyId", "GrantId": "$grantId"},
            when=lambda context: not context.state.get("retireOnDelete"),
        ),
        Call(
            "RetireGrant",
            {"KeyId": "$keyId", "GrantId": "$grantId"},
            when=lambda context: bool(context.state.get("retireOnDelete")),
        ),
    ),
    outputs={"grantId": "GrantId", "grantToken": "GrantToken"},
    parts=("keyId", "grantId"),
    sensitive=frozenset({"grantToken"}),
)

RESOURCES = (KEY, REPLICA_KEY, ALIAS, GRANT)
