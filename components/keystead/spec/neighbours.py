"""What only shows when several environments are looked at together: who shares an account or project silently."""

from collections.abc import Sequence

from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.errors import Problem, SpecError
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.stackfile import CONFIG_KEY

_KIND: dict[Cloud, str] = {"aws": "account", "gcp": "project"}
"""What an environment has of its own on each cloud, as the spec and people call it."""


def crowded(spec: EnvironmentSpec, others: Sequence[EnvironmentSpec]) -> SpecError | None:
    """Return what is wrong with an environment in another one's account or project, unless both say `shared: true`."""
    others = [other for other in others if other.environment != spec.environment]
    origin = f"stacks/Pulumi.{spec.environment}.yaml"
    problems = [
        Problem(f"{CONFIG_KEY}.{cloud}.{_KIND[cloud]}", text, origin)
        for cloud in CLOUDS
        if (text := _crowded_on(cloud, spec, others)) is not None
    ]
    return SpecError(spec.environment, problems) if problems else None


def _crowded_on(cloud: Cloud, spec: EnvironmentSpec, others: Sequence[EnvironmentSpec]) -> str | None:
    place, shared = _home(cloud, spec)
    neighbours = sorted(other.environment for other in others if place is not None and _home(cloud, other)[0] == place)
    if shared or not neighbours:
        return None
    kind = _KIND[cloud]
    return (
        f"found '{place}', the {kind} of {', '.join(neighbours)} too; give each environment its own {kind}, or write "
        f"shared: true in every one that lives in this {kind}"
    )


def _home(cloud: Cloud, spec: EnvironmentSpec) -> tuple[str | None, bool]:
    """Return the account or project of an environment on a cloud, and whether it says that others live there."""
    if cloud == "aws":
        return (spec.aws.account, spec.aws.shared) if spec.aws else (None, False)
    return (spec.gcp.project, spec.gcp.shared) if spec.gcp else (None, False)
