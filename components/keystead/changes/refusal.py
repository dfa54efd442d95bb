"""Refusal of changes that a cloud cannot make in place, unless the spec asks for a replacement by name."""

from collections.abc import Callable, Iterator, Mapping

from keystead.changes import aws, gcp
from keystead.changes.deployed import Deployed
from keystead.model.clouds import Cloud
from keystead.model.errors import Problem, SpecError
from keystead.spec.environment import EnvironmentSpec

_COMPARE: Mapping[Cloud, Callable[[EnvironmentSpec, Deployed], Iterator[Problem]]] = {
    "aws": aws.problems,
    "gcp": gcp.problems,
}


def refuse_changes(spec: EnvironmentSpec, before: Deployed) -> None:
    """Raise SpecError, with every problem at once, where the spec asks for what cannot be changed."""
    problems = [problem for cloud in spec.clouds for problem in _COMPARE[cloud](spec, before)]
    if problems:
        raise SpecError(spec.environment, sorted({*problems}))
