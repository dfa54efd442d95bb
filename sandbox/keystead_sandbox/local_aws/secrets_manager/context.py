"""What Secrets Manager adds to the evaluation of requests.

Source: service authorization reference, condition keys for AWS Secrets Manager. Two pages of AWS differ on
secretsmanager:VersionStage ("in the request" there, "attached to the version" in the user guide): here it is the label
asked for, AWSCURRENT when neither label nor version is asked for, and absent when a version is asked for by id.
"""

from typing import Any

from keystead_sandbox.local_aws.identity.context import Context, ServiceContext, named, tags, text
from keystead_sandbox.local_aws.protocol.in_process import region_of
from keystead_sandbox.local_aws.secrets_manager.store import CURRENT, resolve

FIELDS = {
    name: f"secretsmanager:{name}"
    for name in (
        "BlockPublicPolicy",
        "Description",
        "ForceDeleteWithoutRecovery",
        "ForceOverwriteReplicaSecret",
        "KmsKeyId",
        "Name",
        "RecoveryWindowInDays",
        "RotateImmediately",
        "RotationLambdaARN",
        "SecretId",
        "VersionId",
    )
}


def keys(operation: str, fields: dict[str, Any], resource: str) -> Context:
    """The condition keys of a request about a secret."""
    context = named(FIELDS, fields)
    stages = fields.get("VersionStages") or fields.get("VersionStage")
    if operation in {"GetSecretValue", "BatchGetSecretValue"} and not stages and not fields.get("VersionId"):
        stages = CURRENT
    if stages:
        context["secretsmanager:VersionStage"] = stages
    if "AddReplicaRegions" in fields:
        context["secretsmanager:AddReplicaRegions"] = [one.get("Region") for one in fields["AddReplicaRegions"]]
    if operation == "RotateSecret" and fields.get("RotationRules"):
        context["secretsmanager:ModifyRotationRules"] = True
    secret = resolve(resource) if resource != "*" else None
    if secret is not None:
        context |= tags(secret) | tags(secret, "secretsmanager")
        context["secretsmanager:SecretId"] = secret["ARN"]
        context["secretsmanager:SecretPrimaryRegion"] = region_of(secret.get("PrimaryArn") or secret["ARN"])
        if secret.get("RotationLambdaARN"):
            context["secretsmanager:resource/AllowRotationLambdaArn"] = secret["RotationLambdaARN"]
    return text(context)


def resource_of(fields: dict[str, Any]) -> str | None:
    """The ARN of the secret that a request names, with the characters AWS has added to its name."""
    secret = resolve(fields.get("SecretId") or fields.get("Name"))
    return secret["ARN"] if secret else None


CONTEXT = ServiceContext(keys=keys, resource=resource_of)
