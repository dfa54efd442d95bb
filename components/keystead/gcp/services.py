"""What a project needs first: its APIs, Google's service agents, and data access records.

AWS has no counterpart: its services are always enabled, and CloudTrail records management and KMS use by default.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.model.gcp.scope import GcpScope

APIS = (
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudkms",
    "cloudresourcemanager",
    "cloudscheduler",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "storage",
    "sts",
)
"""APIs that the environment uses; Cloud Run functions require the first three, Cloud Run and storage to build."""

AGENTS = ("pubsub", "secretmanager")
"""Services whose agents get rights from us; an agent exists only after it was requested."""

RECORDED = ("cloudkms", "secretmanager")
"""Services with data access records. By default Google records changes only, so reads would not be recorded."""


@dataclass(frozen=True)
class ServicesArgs:
    """What the services need to know of their environment."""

    scope: GcpScope


class Services(pulumi.ComponentResource):
    """The APIs of the project, the agents of Secret Manager and Pub/Sub, and the audit logs of keys and secrets.

    Everything else is created after them. APIs stay enabled when the environment is destroyed, since others may need
    them. In a shared project the audit settings stay as well, since they belong to the project and not to one
    environment.
    """

    def __init__(self, name: str, args: ServicesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Services", name, None, opts)
        scope = args.scope
        child = pulumi.ResourceOptions(parent=self)
        enabled = {
            api: gcp.projects.Service(
                api, service=f"{api}.googleapis.com", project=scope.project, disable_on_destroy=False, opts=child
            )
            for api in APIS
        }
        for agent in AGENTS:
            gcp.projects.ServiceIdentity(
                agent,
                service=f"{agent}.googleapis.com",
                project=scope.project,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[enabled[agent]]),
            )
        for service in RECORDED:
            gcp.projects.IAMAuditConfig(
                service,
                project=scope.project,
                service=f"{service}.googleapis.com",
                audit_log_configs=[
                    gcp.projects.IAMAuditConfigAuditLogConfigArgs(log_type=kind)
                    for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
                ],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[enabled[service]], retain_on_delete=scope.shared),
            )
        self.register_outputs({})
