"""What `ignoreChanges` keeps as it was: the value in the state stands in for the declared one.

Source: pulumi-terraform-bridge, pkg/tfbridge/diff.go (computeIgnoreChanges) and pkg/tfshim/sdk-v2/instance_diff.go: the
changes at an ignored path and below it are dropped from the diff that Diff shows and Update applies. So what the state
does not have there is not sent either; an index that it does not have is not ignored. Create and Read are told no
paths: the engine keeps old inputs itself where it knows them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_STEP = re.compile(r'\.?([^.\[\]"]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]')


def kept(inputs: Mapping[str, Any], state: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Return the inputs with what the state has at the ignored paths, such as `a`, `a.b`, `a["b.c"]` and `a[0].b`."""
    result: Any = dict(inputs)
    for path in paths:
        result = _put(result, state, _steps(path))
    return dict(result)


def _steps(path: str) -> list[str | int]:
    """Take a path apart; one that names everything (`*`) is the engine's alone and keeps nothing here."""
    found = _STEP.findall(path)
    steps = [int(number) if number else name or re.sub(r"\\(.)", r"\1", key) for name, key, number in found]
    return [] if "*" in path else steps


def _put(inputs: Any, state: Any, steps: list[str | int]) -> Any:
    """Copy one value over, along with the containers on the way to it."""
    if not steps:
        return inputs
    step, *rest = steps
    if isinstance(step, int):
        if not isinstance(inputs, list) or not isinstance(state, list) or step >= min(len(inputs), len(state)):
            return inputs
        return [*inputs[:step], _put(inputs[step], state[step], rest) if rest else state[step], *inputs[step + 1 :]]
    if not isinstance(inputs, Mapping):
        return inputs
    held = state.get(step) if isinstance(state, Mapping) else None
    if rest:
        return {**inputs, step: _put(inputs[step], held, rest)} if step in inputs else inputs
    others = {name: value for name, value in inputs.items() if name != step}
    return others if held is None else {**others, step: held}
