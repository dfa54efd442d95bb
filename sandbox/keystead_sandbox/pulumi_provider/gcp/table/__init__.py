"""The table: every resource type of pulumi-gcp 10.2.0 that the sandbox can make, one file per Google service.

Types and enums come from the discovery documents. Which change replaces a resource, what the cloud fills in, defaults,
ids and forms of import follow the Terraform Google provider that pulumi-gcp wraps; each file says what of it was read,
in GoogleCloudPlatform/magic-modules at d57784406a44 (2026-08-21), and what is from knowledge. From knowledge
throughout: names are made as pulumi-terraform-bridge makes them.
"""

from keystead_sandbox.pulumi_provider.errors import UnsupportedError
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.table import (
    access,
    accounts,
    federation,
    functions,
    kms,
    logging,
    members,
    monitoring,
    objects,
    projects,
    pubsub,
    scheduler,
    secretmanager,
    storage,
)
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean

MODULES = (
    *(access, accounts, federation, functions, kms, logging, members),
    *(monitoring, objects, projects, pubsub, scheduler, secretmanager, storage),
)
RESOURCES: dict[str, Resource] = {entry.type: entry for module in MODULES for entry in module.RESOURCES}


def find(type_name: str) -> Resource:
    """Return a type's line of the table; any other type is refused by name."""
    if type_name not in RESOURCES:
        raise UnsupportedError(
            f"the sandbox cannot make {type_name}; its table holds {', '.join(sorted(RESOURCES))}"
            f"{did_you_mean(type_name, RESOURCES)}"
        )
    return RESOURCES[type_name]
