"""What only shows when several environments are looked at together: two in one account or project, undeclared."""

from collections.abc import Sequence

from keystead.model.clouds import Cloud
from keystead.model.errors import Problem
from keystead.model.scope import Scope
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.messages import problem_in


def crowded(spec: EnvironmentSpec, others: Sequence[EnvironmentSpec]) -> list[Problem]:
    """Return what is wrong with an environment in another one's account or project, unless both say `shared: true`."""
    others = [other for other in others if other.environment != spec.environment]
    return [problem for cloud in spec.clouds for problem in _crowded_on(cloud, spec, others)]


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
    return [problem_in(spec.environment, f"{cloud}.{kind}", text)]
