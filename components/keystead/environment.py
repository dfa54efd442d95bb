"""One environment, wired together: its spec becomes its part on each cloud it lives on."""

import pulumi

from keystead.aws.environment import AwsEnvironment
from keystead.gcp.environment import GcpEnvironment
from keystead.spec import EnvironmentSpec


class Environment(pulumi.ComponentResource):
    """Everything one environment has for its keys and secrets, in its own account and project, under its own names.

    Nothing it makes can be reached from another environment, and none of its outputs is a secret value. GCP comes
    first: the rotator on AWS gives a secret that lives on both clouds its value on both.
    """

    clouds: dict[str, pulumi.Output[dict[str, object]]]
    """By cloud, `aws` and `gcp`, the names of what was made, by kind."""

    def __init__(self, name: str, spec: EnvironmentSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:index:Environment", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.clouds = {}
        ready: list[pulumi.Resource] = []
        if spec.on("gcp"):
            gcp = GcpEnvironment("gcp", spec, child)
            self.clouds["gcp"], ready = gcp.outputs, gcp.ready
        if spec.on("aws"):
            self.clouds["aws"] = AwsEnvironment("aws", spec, ready, child).outputs
        self.register_outputs(dict(self.clouds))
