"""One environment: the spec in the stack's configuration, over base.yaml, becomes its key-management setup."""

from pathlib import Path

import pulumi
from keystead.environment import Environment
from keystead.model.errors import KeysteadError
from keystead.spec.loading import build, read_base

overlay = pulumi.Config("keystead").require_object("environment")
try:
    spec = build(pulumi.get_stack(), overlay, read_base(Path(__file__).parent))
    environment = Environment(spec.environment, spec)
except KeysteadError as error:
    raise pulumi.RunError(str(error)) from None

pulumi.export("environment", {"name": spec.environment, "tier": spec.tier, "owners": spec.owners})
for cloud, names in environment.clouds.items():
    pulumi.export(cloud, names)
