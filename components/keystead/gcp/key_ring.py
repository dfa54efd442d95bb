"""Key rings on Cloud KMS, which contain the keys. AWS has no counterpart."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.model.gcp.scope import GcpScope


@dataclass(frozen=True)
class KeyRingsArgs:
    """What the key rings need to know of their environment."""

    scope: GcpScope


class KeyRings(pulumi.ComponentResource):
    """One key ring per location of the environment, which all its keys there share: created, or adopted by name.

    A key ring can never be deleted on GCP, nor can a key; their names stay in use. `pulumi destroy` only removes the
    ring from the state, and an environment that is created again raises `gcp.generation` for a new one, or adopts it
    with `gcp.key_ring`. An adopted ring must exist in every location; it is neither changed nor removed.
    """

    paths: Mapping[str, pulumi.Input[str]]
    """Path of the ring by location."""

    def __init__(self, name: str, args: KeyRingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:KeyRings", name, None, opts)
        scope = args.scope
        if scope.key_ring is None:
            self.paths = {location: self._ring(scope, location) for location in scope.regions}
        else:
            self.paths = {location: scope.key_ring_path(location) for location in scope.regions}
        self.register_outputs({"paths": self.paths})

    def _ring(self, scope: GcpScope, location: str) -> pulumi.Output[str]:
        ring = gcp.kms.KeyRing(
            location,
            name=scope.key_ring_name,
            location=location,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return ring.id
