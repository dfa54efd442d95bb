"""The operations of Secrets Manager that this package answers itself; ministack answers the rest."""

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Source
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.operations import Handler, add_operations, answering
from keystead_sandbox.local_aws.secrets_manager import policies as secrets_policies
from keystead_sandbox.local_aws.secrets_manager import replicas as secrets_replicas
from keystead_sandbox.local_aws.secrets_manager.lifecycle import Lifecycle
from keystead_sandbox.local_aws.secrets_manager.rotation import Rotations
from keystead_sandbox.local_aws.secrets_manager.versions import Versions


def install(clock: Clock) -> tuple[Rotations, tuple[Source, ...]]:
    """Put the corrected operations into ministack's Secrets Manager; the answer is what happens there by itself."""
    versions, rotations = Versions(clock), Rotations(clock, lambda: None)
    lifecycle = Lifecycle(clock, versions)
    service = ministack.module("services.secretsmanager")
    lifecycle.install(service)
    corrected: dict[str, Handler] = {
        "_create_secret": lifecycle.create,
        "_delete_secret": lifecycle.delete,
        "_describe_secret": lifecycle.describe,
        "_get_secret_value": versions.get,
        "_list_secret_version_ids": versions.list,
        "_list_secrets": lifecycle.list,
        "_put_resource_policy": secrets_policies.put,
        "_put_secret_value": versions.put,
        "_replicate_secret_to_regions": secrets_replicas.replicate,
        "_rotate_secret": rotations.rotate,
        "_update_secret": lifecycle.update,
        "_update_secret_version_stage": versions.move,
        "_validate_resource_policy": secrets_policies.validate,
    }
    for name, operation in corrected.items():
        ministack.replace(service, name, answering(operation))
    ministack.replace(service, "_sync_replicas", secrets_replicas.sync)
    missing: dict[str, Handler] = {
        "CancelRotateSecret": rotations.cancel,
        "RemoveRegionsFromReplication": secrets_replicas.remove,
        "StopReplicationToReplica": secrets_replicas.promote,
    }
    add_operations(service, missing)
    return rotations, (rotations.due, lifecycle.due)
