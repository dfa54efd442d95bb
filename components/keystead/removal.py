"""Refusal to remove a protected key or secret: nothing that belongs to it may go either."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pulumi

from keystead.model.clouds import TITLES
from keystead.model.errors import Problem, SpecError
from keystead.recorded import Recorded
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.keys import KeySpec
from keystead.spec.secrets import SecretSpec
from keystead.spec.stackfile import CONFIG_KEY

_KIND = {"keys": "key", "secrets": "secret"}


class Protection(pulumi.ComponentResource):
    """Makes `pulumi destroy` refuse an environment with anything protected before it has deleted anything.

    The engine deletes what depends on others first and asks for protection one resource at a time, so that roles,
    policies and alarms would be gone when it comes to the first protected key. This depends on all of them.
    """

    def __init__(self, spec: EnvironmentSpec, parts: Sequence[pulumi.Resource], parent: pulumi.Resource) -> None:
        guarded = any(key.protected for key in spec.keys.values())
        guarded = guarded or any(secret.protected for secret in spec.secrets.values())
        opts = pulumi.ResourceOptions(parent=parent, depends_on=list(parts), protect=guarded)
        super().__init__("keystead:index:Protection", spec.environment, None, opts)
        self.register_outputs({})


def refuse_removal(spec: EnvironmentSpec, recorded: Iterable[Recorded]) -> None:
    """Raise SpecError where the spec no longer has what was deployed and protected, and say how to remove it."""
    problems: dict[tuple[str, str], list[str]] = {}
    for one in recorded:
        if _protected(spec, one):
            for place in _gone(spec, one):
                problems.setdefault((one.kind, one.name), []).append(place)
    if problems:
        raise SpecError(
            spec.environment,
            [_problem(spec, kind, name, places) for (kind, name), places in sorted(problems.items())],
        )


def endings(spec: EnvironmentSpec, recorded: Iterable[Recorded]) -> list[str]:
    """Return a warning for each secret without protection that the spec no longer has: its values end with it."""
    clouds: dict[str, list[str]] = {}
    for one in recorded:
        if one.kind == "secrets" and not _protected(spec, one) and not _wanted(spec.secrets, one):
            clouds.setdefault(one.name, []).append(TITLES[one.cloud])
    return [
        f"environment {spec.environment}: the secret {name} is deleted on {' and '.join(places)}, and its values end "
        "with it: at once on GCP and where it has no recovery window. To rename it instead, put it back and declare "
        f"the new name with `renamed_from: {name}`"
        for name, places in sorted(clouds.items())
    ]


def _protected(spec: EnvironmentSpec, one: Recorded) -> bool:
    return spec.defaults.protected if one.protected is None else one.protected


def _gone(spec: EnvironmentSpec, one: Recorded) -> Iterator[str]:
    """Yield where it is no longer wanted: a cloud, or some regions of a key."""
    if not _wanted(spec.secrets if one.kind == "secrets" else spec.keys, one):
        yield TITLES[one.cloud]
    elif one.kind == "keys":
        places = {spec.scope(one.cloud).regions[0], *spec.keys[one.name].replicas_on(one.cloud)}
        yield from sorted(one.places - places)


def _wanted(declared: Mapping[str, KeySpec] | Mapping[str, SecretSpec], one: Recorded) -> bool:
    """Return whether the spec still has it on its cloud."""
    return one.name in declared and one.cloud in declared[one.name].clouds


def _problem(spec: EnvironmentSpec, kind: str, name: str, places: list[str]) -> Problem:
    one = _KIND[kind]
    declared = name in (spec.keys if kind == "keys" else spec.secrets)
    where = f"on {' and '.join(places)}" if declared else "in the spec"
    back = "declare it there again with `protected: false`" if declared else "put it back with `protected: false`"
    text = (
        f"the {one} is protected and no longer {where}; nothing was changed. To remove it on purpose, {back} and run "
        "`pulumi up`, then remove it and run `pulumi up` again"
    )
    if kind == "secrets" and not declared:
        text += f". To rename it, put it back and declare the new name with `renamed_from: {name}`"
    return Problem(f"{CONFIG_KEY}.{kind}.{name}", text)
