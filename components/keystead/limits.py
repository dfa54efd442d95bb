"""What of a spec is too large for its clouds: asked by `keystead check`, and by every run before its first resource."""

import pkgutil
from collections.abc import Mapping

from keystead.model.clouds import Cloud
from keystead.model.errors import Problem, SpecError
from keystead.spec.environment import EnvironmentSpec

LIMITS: Mapping[Cloud, str] = {"aws": "keystead.aws.limits:exceeded", "gcp": "keystead.gcp.limits:exceeded"}
"""What finds it, by cloud; imported for the clouds that an environment lives on."""


def exceeded(spec: EnvironmentSpec) -> list[Problem]:
    """Return what of an environment its clouds would refuse for its size, all of it at once."""
    return sorted(problem for cloud in spec.clouds for problem in pkgutil.resolve_name(LIMITS[cloud])(spec))


def check_size(spec: EnvironmentSpec) -> None:
    """Refuse, with a SpecError, an environment that is too large for its clouds."""
    problems = exceeded(spec)
    if problems:
        raise SpecError(spec.environment, problems)
