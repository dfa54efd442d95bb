"""The operations of Secrets Manager; ministack answers none of them."""

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Source
from keystead_sandbox.local_aws.identity.context import SERVICES
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.operations import answer_operations
from keystead_sandbox.local_aws.secrets_manager import context, listing, passwords, policies, replicas
from keystead_sandbox.local_aws.secrets_manager.lifecycle import Lifecycle
from keystead_sandbox.local_aws.secrets_manager.rotation import Rotations
from keystead_sandbox.local_aws.secrets_manager.versions import Versions


def install(clock: Clock) -> tuple[Rotations, tuple[Source, ...]]:
    """Answer Secrets Manager here; the result is what happens there by itself."""
    versions, rotations = Versions(clock), Rotations(clock)
    lifecycle = Lifecycle(clock, versions)
    operations = {
        "BatchGetSecretValue": versions.get_batch,
        "CancelRotateSecret": rotations.cancel,
        "CreateSecret": lifecycle.create,
        "DeleteResourcePolicy": policies.delete,
        "DeleteSecret": lifecycle.delete,
        "DescribeSecret": listing.describe,
        "GetRandomPassword": passwords.get,
        "GetResourcePolicy": policies.get,
        "GetSecretValue": versions.get,
        "ListSecretVersionIds": versions.list,
        "ListSecrets": listing.list_secrets,
        "PutResourcePolicy": policies.put,
        "PutSecretValue": versions.put,
        "RemoveRegionsFromReplication": replicas.remove,
        "ReplicateSecretToRegions": replicas.replicate,
        "RestoreSecret": lifecycle.restore,
        "RotateSecret": rotations.rotate,
        "StopReplicationToReplica": replicas.promote,
        "TagResource": lifecycle.tag,
        "UntagResource": lifecycle.untag,
        "UpdateSecret": lifecycle.update,
        "UpdateSecretVersionStage": versions.move,
        "ValidateResourcePolicy": policies.validate,
    }
    answer_operations("secretsmanager", operations, whole=True)
    ministack.replace("services.secretsmanager", "secret_policy_for_arn", policies.of)
    SERVICES["secretsmanager"] = context.CONTEXT
    return rotations, (rotations.due, lifecycle.due)
