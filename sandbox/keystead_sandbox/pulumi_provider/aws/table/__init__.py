"""The table: every resource type the sandbox can make, one file per AWS service.

Which change replaces a resource, which properties the cloud fills in, and the defaults follow the schema of the
Terraform AWS provider that pulumi-aws 7.51.1 wraps (hashicorp/terraform-provider-aws, internal/service/**, read
2026-11-22); names, blocks and what is required come from the official
SDK, types, enums and limits from the botocore service models.
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
from keystead_sandbox.pulumi_provider.schema import Table

_MODULES = (alarms, functions, iam, kms, logs, queues, scheduler, secretsmanager, topics)
RESOURCES: Table[Resource] = Table(*(module.RESOURCES for module in _MODULES))
