"""Composition of one environment: its spec becomes its components on each cloud it lives on."""

import pulumi

from keystead.changes.deployed import deployed
from keystead.changes.expiry import check_expiry
from keystead.changes.refusal import refuse_changes
from keystead.limits import check_size
from keystead.packaging import contract
from keystead.recorded import recorded
from keystead.removal import Protection, endings, refuse_removal
from keystead.spec.environment import EnvironmentSpec


class Environment(pulumi.ComponentResource):
    """Everything one environment has for its keys and secrets, in its own account and project, under its own names.

    Nothing in it can be reached from another environment, and none of its outputs is a secret value. GCP comes first:
    the rotator on AWS also writes the values of mirrored secrets there. With nothing created on any cloud it raises
    SpecError where a policy would be longer than a cloud accepts, and CloudError where the credentials for a cloud
    belong to another environment.
    """

    clouds: dict[str, pulumi.Output[dict[str, object]]]
    """Outputs by cloud, `aws` and `gcp`: the names of what was created, by kind."""

    def __init__(self, name: str, spec: EnvironmentSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:index:Environment", name, None, opts)
        self.clouds = wire(self, spec)
        self.register_outputs(dict(self.clouds))


def wire(parent: pulumi.Resource, spec: EnvironmentSpec) -> dict[str, pulumi.Output[dict[str, object]]]:
    """Create an environment's components on each cloud it lives on and return their outputs by cloud.

    Raises SpecError, with nothing touched, where the spec asks for a change that a cloud cannot make or for a secret
    that has expired, no longer has a protected key or secret that is deployed, or is too large for a cloud.
    """
    # ruff: noqa: PLC0415 - an environment on one cloud does without the other one's SDK, half a second of each run
    check_size(spec)
    check_expiry(spec, contract.now())
    before = deployed()
    refuse_changes(spec, before)
    held = recorded(before)
    refuse_removal(spec, held)
    for warning in endings(spec, held):
        pulumi.log.warn(warning, parent)
    child = pulumi.ResourceOptions(parent=parent)
    clouds = {}
    parts: list[pulumi.Resource] = []
    ready: list[pulumi.Resource] = []
    # Both checks before the first resource: the account in the spec decides whom GCP trusts on AWS.
    on_gcp = on_aws = None
    if spec.on("gcp"):
        from keystead.gcp.key_ring import check_names
        from keystead.gcp.provider import provider as gcp_provider

        on_gcp = gcp_provider(spec.scope("gcp"))
    if spec.on("aws"):
        from keystead.aws.key_state import check_keys
        from keystead.aws.provider import provider as aws_provider

        on_aws = aws_provider(spec.scope("aws"))
    if on_gcp is not None:
        check_names(spec, on_gcp, before)
    if on_aws is not None:
        check_keys(spec, on_aws, before)
    if on_gcp is not None:
        from keystead.gcp.environment import GcpEnvironment

        gcp = GcpEnvironment("gcp", spec, on_gcp, child)
        clouds["gcp"], ready = gcp.outputs, gcp.ready
        parts.append(gcp)
    if on_aws is not None:
        from keystead.aws.environment import AwsEnvironment

        aws = AwsEnvironment("aws", spec, on_aws, ready, child)
        clouds["aws"] = aws.outputs
        parts.append(aws)
    Protection(spec, parts, parent)
    return clouds
