"""AWS Secrets Manager: secrets (never their values), their policies and their rotation."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.table.conditions import is_set, is_unset
from keystead_sandbox.pulumi_provider.aws.values import Document
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.values.containers import Listing
from keystead_sandbox.pulumi_provider.values.scalars import Number, Text
from keystead_sandbox.pulumi_provider.values.structures import Field, Structure

_SECRET = {"SecretId": "$id"}
_DESCRIBE = Call("DescribeSecret", _SECRET)
_POLICY = Call("GetResourcePolicy", _SECRET)

_REPLICAS = Listing(
    Structure(
        {
            "region": Field("Region", Text(), required=True),
            "kmsKeyId": Field("KmsKeyId", Text(), computed=True),
            "status": Field("Status", Text(), computed=True),
            "statusMessage": Field("StatusMessage", Text(), computed=True),
            "lastAccessedDate": Field("LastAccessedDate", Text(), computed=True),
        }
    ),
    unordered=True,
)


def _scheduled(code: str, message: str, name: str) -> str:
    """Offer what helps when a name is still held by a deleted secret."""
    if code == "InvalidRequestException" and ("scheduled for deletion" in message or "was deleted" in message):
        return (
            f"the deleted secret {name!r} still holds this name in its recovery window: bring it back as `keystead "
            "status` says, or end the window with "
            f"`aws secretsmanager delete-secret --secret-id {name} --force-delete-without-recovery`"
        )
    return ""


def _regions(replicas: Any) -> dict[str, dict[str, str]]:
    """Take replicas apart by region, as AWS wants them."""
    return {
        entry["region"]: {
            "Region": entry["region"],
            **({"KmsKeyId": entry["kmsKeyId"]} if entry.get("kmsKeyId") else {}),
        }
        for entry in replicas or []
    }


def _added(context: Context) -> list[dict[str, str]]:
    old, new = _regions(context.state.get("replicas")), _regions(context.inputs.get("replicas"))
    return [entry for region, entry in new.items() if region not in old or _moved(old[region], entry)]


def _removed(context: Context) -> list[str]:
    old, new = _regions(context.state.get("replicas")), _regions(context.inputs.get("replicas"))
    return [region for region, entry in old.items() if region not in new or _moved(entry, new[region])]


def _moved(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return "KmsKeyId" in new and old.get("KmsKeyId") != new["KmsKeyId"]


def _replicated(context: Context) -> list[str]:
    """Return where the secret has replicas now: all must go before it can."""
    try:
        secret = context.client("secretsmanager").describe_secret(SecretId=context.id)
    except ClientError:
        return []
    return [replica["Region"] for replica in secret.get("ReplicationStatus") or []]


def _no_window(context: Context) -> bool:
    return bool(context.state.get("recoveryWindowInDays") == 0)


SECRET = Resource(
    type="aws:secretsmanager/secret:Secret",
    service="secretsmanager",
    special={
        "name": Property(replace=True),
        "policy": Property("ResourcePolicy", kind=Document(policy=True), computed=True),
        "recoveryWindowInDays": Property(kind=Number(least=7, most=30, extra=(0,)), default=30, carried=True),
        "forceOverwriteReplicaSecret": Property(default=False, carried=True),
        "replicas": Property("ReplicationStatus", kind=_REPLICAS, computed=True),
    },
    create=Call(
        "CreateSecret",
        {"AddReplicaRegions": lambda context: list(_regions(context.inputs.get("replicas")).values()) or None},
    ),
    identity="ARN",
    read=(_DESCRIBE, _POLICY),
    changes=(
        Call(
            "RemoveRegionsFromReplication",
            {**_SECRET, "RemoveReplicaRegions": _removed},
            of=("replicas",),
            when=lambda context: bool(_removed(context)),
        ),
        Call(
            "ReplicateSecretToRegions",
            {**_SECRET, "AddReplicaRegions": _added},
            of=("replicas",),
            when=lambda context: bool(_added(context)),
        ),
        Call("UpdateSecret", _SECRET, blank={"Description": ""}, answer=()),
        Call("PutResourcePolicy", _SECRET, of=("policy",), when=is_set("policy"), at_create=True, answer=()),
        Call("DeleteResourcePolicy", _SECRET, of=("policy",), when=is_unset("policy"), answer=()),
    ),
    delete=(
        Call(
            "RemoveRegionsFromReplication",
            {**_SECRET, "RemoveReplicaRegions": _replicated},
            when=lambda context: bool(_replicated(context)),
        ),
        Call("DeleteSecret", {**_SECRET, "ForceDeleteWithoutRecovery": True}, when=_no_window),
        Call(
            "DeleteSecret",
            {**_SECRET, "RecoveryWindowInDays": lambda context: context.state.get("recoveryWindowInDays") or 30},
            when=lambda context: not _no_window(context),
        ),
    ),
    outputs={"arn": "ARN"},
    lookup="{name}",
    gone=lambda record: record.get("DeletedDate") is not None,
    tags=Tagging("SecretId", "$id"),
    name=Autoname(most=512),
    advice=_scheduled,
    refused=frozenset({"namePrefix", "type"}),
)


def _has_policy(reply: Any, context: Context) -> dict[str, Any] | None:
    """A policy that is absent or empty does not exist as a resource."""
    policy = reply.get("ResourcePolicy")
    return {"ResourcePolicy": policy, "ARN": context.id} if policy and policy != "{}" else None


SECRET_POLICY = Resource(
    type="aws:secretsmanager/secretPolicy:SecretPolicy",
    service="secretsmanager",
    special={
        "secretArn": Property("SecretId", replace=True, answer="ARN"),
        "policy": Property("ResourcePolicy", kind=Document(policy=True)),
        "blockPublicPolicy": Property(carried=True),
    },
    create=Call("PutResourcePolicy", answer=("",)),
    identity="ARN",
    read=(Call("GetResourcePolicy", _SECRET, reform=_has_policy),),
    changes=(Call("PutResourcePolicy"),),
    delete=(Call("DeleteResourcePolicy", _SECRET),),
    lookup="{secretArn}",
)


def _rules(reply: Any, context: Context) -> dict[str, Any] | None:
    """Show rotation as the official provider does: with a schedule, the days AWS computes from it are left out."""
    if reply.get("DeletedDate") is not None:
        return None
    shown = {"ARN": reply.get("ARN") or context.id, "RotationEnabled": bool(reply.get("RotationEnabled"))}
    if not shown["RotationEnabled"]:
        return shown if context.state or context.inputs else None
    rules = dict(reply.get("RotationRules") or {})
    if rules.get("ScheduleExpression"):
        rules.pop("AutomaticallyAfterDays", None)
    return {**shown, "RotationRules": rules, "RotationLambdaARN": reply.get("RotationLambdaARN")}


def _rotation_problems(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    rules, enabled = inputs.get("rotationRules"), inputs.get("rotationEnabled")
    if enabled is False and rules:
        return [("rotationRules", "cannot be set when rotationEnabled is false")]
    if enabled is not False and not rules:
        return [("rotationRules", "is required unless rotationEnabled is false")]
    if isinstance(rules, dict) and ("automaticallyAfterDays" in rules) == ("scheduleExpression" in rules):
        return [("rotationRules", "needs exactly one of automaticallyAfterDays and scheduleExpression")]
    return []


def _disabled(context: Context) -> bool:
    return context.inputs.get("rotationEnabled") is False


_BUSY = "A previous rotation isn't complete"
_ROTATE_WHEN = ("rotationLambdaArn", "rotationRules", "rotationEnabled")
SECRET_ROTATION = Resource(
    type="aws:secretsmanager/secretRotation:SecretRotation",
    service="secretsmanager",
    special={
        "secretId": Property(replace=True, answer="ARN"),
        "rotateImmediately": Property(default=True, carried=True),
        "rotationEnabled": Property("RotationEnabled", computed=True),
    },
    create=Call("RotateSecret", busy=_BUSY),
    identity="ARN",
    read=(Call("DescribeSecret", _SECRET, reform=_rules),),
    changes=(
        Call("RotateSecret", of=_ROTATE_WHEN, when=lambda context: not _disabled(context), busy=_BUSY),
        Call("CancelRotateSecret", {"SecretId": "$secretId"}, of=_ROTATE_WHEN, when=_disabled, at_create=True),
    ),
    delete=(Call("CancelRotateSecret", {"SecretId": "$secretId"}),),
    lookup="{secretId}",
    verify=_rotation_problems,
    refused=frozenset({"externalSecretRotationMetadatas", "externalSecretRotationRoleArn"}),
)

RESOURCES = (SECRET, SECRET_POLICY, SECRET_ROTATION)
