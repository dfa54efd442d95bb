"""The table: every resource type of pulumi-gcp 10.2.0 that the sandbox can make, one file per Google service.

Names, blocks and what is required come from the official SDK, types and enums from the discovery documents. Which
change replaces a resource, what the cloud fills in, defaults, ids and forms of import follow the Terraform Google
provider that pulumi-gcp wraps; each file says what of it was read, in GoogleCloudPlatform/magic-modules at d57784406a44
(2026-08-21), and what is from knowledge. From knowledge throughout: names are made as pulumi-terraform-bridge makes
them.
"""

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
from keystead_sandbox.pulumi_provider.schema import Table

MODULES = (
    *(access, accounts, federation, functions, kms, logging, members),
    *(monitoring, objects, projects, pubsub, scheduler, secretmanager, storage),
)
RESOURCES: Table[Resource] = Table(*(module.RESOURCES for module in MODULES))
