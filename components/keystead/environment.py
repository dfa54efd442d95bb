"""One environment, wired together: its spec becomes its part on each cloud it lives on."""

import pulumi

from keystead.aws.environment import AwsEnvironment
from keystead.aws.provider import provider as aws_provider
from keystead.gcp.environment import GcpEnvironment
from keystead.gcp.provider import provider as gcp_provider
from keystead.spec.environment import EnvironmentSpec


class Environment(pulumi.ComponentResource):
    """Everything one environment has for its keys and secrets, in its own account and project, under its own names.

    Nothing it makes can be reached from another environment, and none of its outputs is a secret value. GCP comes
    first: the rotator on AWS gives a secret that lives on both clouds its value on both. Raises CloudError, with
    nothing made on either cloud, where the credentials for one of them are not the environment's.
    """

    clouds: dict[str, pulumi.Output[dict[str, object]]]
    """By cloud, `aws` and `gcp`, the names of what was made, by kind."""

    def __init__(self, name: str, spec: EnvironmentSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:index:Environment", name, None, opts)
        self.clouds = wire(self, spec)
        self.register_outputs(dict(self.clouds))


def wire(parent: pulumi.Resource, spec: EnvironmentSpec) -> dict[str, pulumi.Output[dict[str, object]]]:
    """Make an environment's part on each cloud it lives on and return their outputs by cloud."""
    child = pulumi.ResourceOptions(parent=parent)
    clouds = {}
    ready: list[pulumi.Resource] = []
    # Both before the first resource: whom GCP trusts on AWS follows from the account in the spec.
    on_gcp = gcp_provider(spec.scope("gcp")) if spec.on("gcp") else None
    on_aws = aws_provider(spec.scope("aws")) if spec.on("aws") else None
    if on_gcp is not None:
        gcp = GcpEnvironment("gcp", spec, on_gcp, child)
        clouds["gcp"], ready = gcp.outputs, gcp.ready
    if on_aws is not None:
        clouds["aws"] = AwsEnvironment("aws", spec, on_aws, ready, child).outputs
    return clouds
