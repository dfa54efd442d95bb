"""The table: every resource type the sandbox can make, one file per AWS service.

Which change replaces a resource, which properties the cloud fills in, and the defaults follow the schema of the
Terraform AWS provider that pulumi-aws 7.51.1 wraps (hashicorp/terraform-provider-aws, internal/service/**, read
2026-11-22); types, enums and limits come from the botocore service models.
"""

from keystead_sandbox.pulumi_provider.aws.resource import Resource
from keystead_sandbox.pulumi_provider.aws.table import (
    alarms,
    functions,
    iam,
    kms,
    logs,
    queues,
    scheduler,
    secretsmanager,
    topics,
)
from keystead_sandbox.pulumi_provider.errors import UnsupportedError
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean

RESOURCES: dict[str, Resource] = {
    entry.type: entry
    for module in (alarms, functions, iam, kms, logs, queues, scheduler, secretsmanager, topics)
    for entry in module.RESOURCES
}


def find(type_name: str) -> Resource:
    """Return a type's line of the table; any other type is refused by name."""
    if type_name not in RESOURCES:
        raise UnsupportedError(
            f"the sandbox cannot make {type_name}; its table holds {', '.join(sorted(RESOURCES))}"
            f"{did_you_mean(type_name, RESOURCES)}"
        )
    return RESOURCES[type_name]
