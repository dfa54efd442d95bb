"""What only shows when several environments are looked at together: two in one account or project, undeclared."""

from collections.abc import Sequence

from keystead.model.clouds import Cloud
from keystead.model.errors import Problem, SpecError
from keystead.model.scope import Scope
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.stackfile import CONFIG_KEY


def crowded(spec: EnvironmentSpec, others: Sequence[EnvironmentSpec]) -> SpecError | None:
    """Return what is wrong with an environment in another one's account or project, unless both say `shared: true`."""
    others = [other for other in others if other.environment != spec.environment]
    problems = [problem for cloud in spec.clouds for problem in _crowded_on(cloud, spec, others)]
    return SpecError(spec.environment, problems) if problems else None


def _crowded_on(cloud: Cloud, spec: EnvironmentSpec, others: Sequence[EnvironmentSpec]) -> list[Problem]:
    scope: Scope = spec.scope(cloud)
    kind, home = scope.home_kind, scope.home
    neighbours = sorted(other.environment for other in others if other.on(cloud) and other.scope(cloud).home == home)
    if scope.shared or not neighbours:
        return []
    text = (
        f"found '{home}', which is the {kind} of {', '.join(neighbours)} as well; give each environment its own "
        f"{kind}, or set shared: true in every environment of this {kind}"
    )
    return [Problem(f"{CONFIG_KEY}.{cloud}.{kind}", text, f"stacks/Pulumi.{spec.environment}.yaml")]
