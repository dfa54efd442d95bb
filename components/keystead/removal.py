"""Refusal to remove a protected key or secret: nothing that belongs to it may go either."""

from collections.abc import Iterable, Iterator, Sequence

import pulumi

from keystead.model.clouds import TITLES
from keystead.model.errors import Problem, SpecError
from keystead.recorded import Recorded
from keystead.spec.environment import EnvironmentSpec
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
        if spec.defaults.protected if one.protected is None else one.protected:
            for place in _gone(spec, one):
                problems.setdefault((one.kind, one.name), []).append(place)
    if problems:
        raise SpecError(
            spec.environment,
            [_problem(spec, kind, name, places) for (kind, name), places in sorted(problems.items())],
        )


def _gone(spec: EnvironmentSpec, one: Recorded) -> Iterator[str]:
    """Yield where it is no longer wanted: a cloud, or some regions of a key."""
    if one.kind == "secrets":
        if one.name not in spec.secrets_on(one.cloud):
            yield TITLES[one.cloud]
        return
    key = spec.keys_on(one.cloud).get(one.name)
    if key is None:
        yield TITLES[one.cloud]
    else:
        scope = spec.scope(one.cloud)
        yield from sorted(one.places - {scope.regions[0], *key.replicas_on(one.cloud)})


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
