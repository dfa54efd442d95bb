"""Composition of one environment: its spec becomes its components on each cloud it lives on."""

import pulumi

from keystead.spec.environment import EnvironmentSpec


class Environment(pulumi.ComponentResource):
    """Everything one environment has for its keys and secrets, in its own account and project, under its own names.

    Nothing in it can be reached from another environment, and none of its outputs is a secret value. GCP comes first:
    the rotator on AWS also writes the values of mirrored secrets there. Raises CloudError, with nothing created on any
    cloud, where the credentials for one of them belong to another environment.
    """

    clouds: dict[str, pulumi.Output[dict[str, object]]]
    """Outputs by cloud, `aws` and `gcp`: the names of what was created, by kind."""

    def __init__(self, name: str, spec: EnvironmentSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:index:Environment", name, None, opts)
        self.clouds = wire(self, spec)
        self.register_outputs(dict(self.clouds))


def wire(parent: pulumi.Resource, spec: EnvironmentSpec) -> dict[str, pulumi.Output[dict[str, object]]]:
    """Create an environment's components on each cloud it lives on and return their outputs by cloud."""
    # ruff: noqa: PLC0415 - an environment on one cloud does without the other one's SDK, half a second of each run
    child = pulumi.ResourceOptions(parent=parent)
    clouds = {}
    ready: list[pulumi.Resource] = []
    # Both checks before the first resource: the account in the spec decides whom GCP trusts on AWS.
    on_gcp = on_aws = None
    if spec.on("gcp"):
        from keystead.gcp.provider import provider as gcp_provider

        on_gcp = gcp_provider(spec.scope("gcp"))
    if spec.on("aws"):
        from keystead.aws.provider import provider as aws_provider

        on_aws = aws_provider(spec.scope("aws"))
    if on_gcp is not None:
        from keystead.gcp.environment import GcpEnvironment

        gcp = GcpEnvironment("gcp", spec, on_gcp, child)
        clouds["gcp"], ready = gcp.outputs, gcp.ready
    if on_aws is not None:
        from keystead.aws.environment import AwsEnvironment

        clouds["aws"] = AwsEnvironment("aws", spec, on_aws, ready, child).outputs
    return clouds
