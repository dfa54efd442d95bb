"""Key rings on Cloud KMS, which contain the keys. AWS has no counterpart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from keystead.changes.deployed import Deployed
from keystead.model.errors import CloudError, Problem, SpecError
from keystead.model.gcp.scope import GcpScope
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.stackfile import CONFIG_KEY

_OFF = ("SERVICE_DISABLED", "has not been used in project")
"""What the provider says where the project's Cloud KMS API is off, as in a new project."""
_ENDED = frozenset({"DESTROYED", "DESTROY_SCHEDULED"})


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


def check_names(spec: EnvironmentSpec, provider: gcp.Provider, before: Deployed) -> None:
    """Ask Cloud KMS, before the first deployment of an environment, for keys of its names that were destroyed.

    Raises SpecError with the field that gives it new names.
    """
    scope = spec.scope("gcp")
    if scope.key_ring is not None or any(before.of("gcp:kms/keyRing:KeyRing", "keystead:gcp:KeyRings")):
        return
    for location in scope.regions:
        for name in _ended(spec, scope.key_ring_path(location), location, provider):
            text = (
                f"is {scope.generation}, and key {name!r} of the key ring {scope.key_ring_name!r} in {location} was "
                "destroyed before: GCP never frees the names of keys and rings; nothing was changed. Set "
                f"`generation: {scope.generation + 1}`, which gives them new names"
            )
            raise SpecError(spec.environment, [Problem(f"{CONFIG_KEY}.gcp.generation", text)])


def _ended(spec: EnvironmentSpec, ring: str, location: str, provider: gcp.Provider) -> Iterator[str]:
    """Yield each key of the spec that is there and whose primary version is destroyed or about to be."""
    scope, opts = spec.scope("gcp"), pulumi.InvokeOptions(provider=provider)
    try:
        rings = gcp.kms.get_key_rings(location=location, project=scope.project, opts=opts).key_rings
        if not any(one.id == ring for one in rings):
            return
        found = gcp.kms.get_crypto_keys(key_ring=ring, opts=opts).keys
    except Exception as error:  # noqa: BLE001  # Pulumi raises nothing more special when a provider refuses
        if any(words in str(error) for words in _OFF):
            return
        reason = str(error).rpartition("returned an error: ")[2]
        raise CloudError(f"key ring {ring}: {reason}; nothing was changed") from None
    wanted = {scope.key_name(name) for name in spec.keys_on("gcp")}
    for key in found:
        if key.name in wanted and any(primary.state in _ENDED for primary in key.primaries):
            yield str(key.name)
