"""What Secrets Manager and KMS put into a request's authorization context.

Source: service authorization reference, condition keys for AWS Secrets Manager and for AWS KMS. Two pages of AWS differ
on secretsmanager:VersionStage ("in the request" there, "attached to the version" in the user guide): here it is the
label asked for, AWSCURRENT when neither label nor version is asked for, and absent when a version is asked for by id.
"""

from typing import Any

from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.patches import ministack

Context = dict[str, Any]

SECRET_FIELDS = {
    "BlockPublicPolicy": "secretsmanager:BlockPublicPolicy",
    "Description": "secretsmanager:Description",
    "ForceDeleteWithoutRecovery": "secretsmanager:ForceDeleteWithoutRecovery",
    "ForceOverwriteReplicaSecret": "secretsmanager:ForceOverwriteReplicaSecret",
    "KmsKeyId": "secretsmanager:KmsKeyId",
    "Name": "secretsmanager:Name",
    "RecoveryWindowInDays": "secretsmanager:RecoveryWindowInDays",
    "RotateImmediately": "secretsmanager:RotateImmediately",
    "RotationLambdaARN": "secretsmanager:RotationLambdaARN",
    "SecretId": "secretsmanager:SecretId",
    "VersionId": "secretsmanager:VersionId",
}

KEY_FIELDS = {
    "BypassPolicyLockoutSafetyCheck": "kms:BypassPolicyLockoutSafetyCheck",
    "EncryptionAlgorithm": "kms:EncryptionAlgorithm",
    "GranteePrincipal": "kms:GranteePrincipal",
    "KeySpec": "kms:KeySpec",
    "KeyUsage": "kms:KeyUsage",
    "MacAlgorithm": "kms:MacAlgorithm",
    "MessageType": "kms:MessageType",
    "MultiRegion": "kms:MultiRegion",
    "Operations": "kms:GrantOperations",
    "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
    "ReplicaRegion": "kms:ReplicaRegion",
    "RotationPeriodInDays": "kms:RotationPeriodInDays",
    "SigningAlgorithm": "kms:SigningAlgorithm",
}


def of(service: str, resource: str) -> Context:
    """The context keys the service adds to the request being served, for the resource it is about."""
    request = requests.current()
    if request is None:
        return {}
    if service == "secretsmanager":
        return _text({**_fields(SECRET_FIELDS, request.fields), **_secret(request, resource)})
    if service == "kms":
        return {**_text(_fields(KEY_FIELDS, request.fields)), **key(request.fields, resource)}
    return {}


def _fields(names: dict[str, str], fields: dict[str, Any]) -> Context:
    return {key: fields[name] for name, key in names.items() if fields.get(name) is not None}


def _secret(request: requests.Request, resource: str) -> Context:
    secrets = ministack.module("services.secretsmanager")
    secret = secrets._resolve(resource)[1] if resource != "*" else None
    fields = request.fields
    context: Context = {}
    stages = fields.get("VersionStages") or fields.get("VersionStage")
    if request.operation in {"GetSecretValue", "BatchGetSecretValue"} and not stages and not fields.get("VersionId"):
        stages = "AWSCURRENT"
    if stages:
        context["secretsmanager:VersionStage"] = stages
    if "AddReplicaRegions" in fields:
        context["secretsmanager:AddReplicaRegions"] = [one.get("Region") for one in fields["AddReplicaRegions"]]
    if request.operation == "RotateSecret" and fields.get("RotationRules"):
        context["secretsmanager:ModifyRotationRules"] = True
    if secret is not None:
        context["secretsmanager:SecretId"] = secret["ARN"]
        context["secretsmanager:SecretPrimaryRegion"] = secret.get("_PrimaryRegion") or resource.split(":")[3]
        if secret.get("RotationLambdaARN"):
            context["secretsmanager:resource/AllowRotationLambdaArn"] = secret["RotationLambdaARN"]
        for tag in secret.get("Tags") or []:
            context[f"secretsmanager:ResourceTag/{tag['Key']}"] = tag["Value"]
            context[f"aws:ResourceTag/{tag['Key']}"] = tag["Value"]
    return context


def key(fields: dict[str, Any], resource: str) -> Context:
    """The keys about a KMS key and the encryption context of a request."""
    context: Context = {}
    encryption = fields.get("EncryptionContext") or {}
    for name, value in encryption.items():
        context[f"kms:EncryptionContext:{name}"] = value
    if encryption:
        context["kms:EncryptionContextKeys"] = list(encryption)
    if "Operations" in fields:
        context["kms:GrantIsForAWSResource"] = False
    asked = str(fields.get("KeyId") or "")
    if "alias/" in asked:
        context["kms:RequestAlias"] = asked[asked.index("alias/") :]
    record = ministack.module("services.kms")._resolve_key(resource) if resource != "*" else None
    if record is not None:
        context |= {
            "kms:KeyOrigin": record["Origin"],
            "kms:KeySpec": record["KeySpec"],
            "kms:KeyUsage": record["KeyUsage"],
            "kms:MultiRegion": record["MultiRegion"],
            "kms:ResourceAliases": _aliases(record),
        }
        for tag in record.get("Tags") or []:
            context[f"aws:ResourceTag/{tag['TagKey']}"] = tag["TagValue"]
    return _text(context)


def _aliases(record: dict[str, Any]) -> list[str]:
    aliases = ministack.original(ministack.module("services.kms"), "_aliases")
    return [arn.split(":", 5)[5] for arn, target in aliases.items() if target == record["KeyId"]]


def _text(context: Context) -> Context:
    return {name: _value(value) for name, value in context.items()}


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
