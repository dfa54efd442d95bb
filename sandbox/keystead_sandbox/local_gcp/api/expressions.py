"""CEL as IAM evaluates it: compiled once, with Google's own functions in addition to the standard ones.

Source: IAM guide, "Attribute reference for IAM Conditions" (extract, api.getAttribute, hasOnly) and "Configure workload
identity federation" (attribute mappings). celpy is imported with the first expression: half a second and 20 MB.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

_TEXT = re.compile(r"(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')")
_ROOT = re.compile(r"(?<![\w.\"'/-])([a-z_]+)\.[A-Za-z_]+")
_GOOGLE = re.compile(r"(?<![\w.])google(?=\.)")
HIDDEN = "google_"
"""The internal name of the variable `google`: celpy reserves that name for protocol buffers."""


def evaluate(expression: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression; raises whatever celpy raises."""
    renamed = {HIDDEN if name == "google" else name: value for name, value in context.items()}
    return _program(expression).evaluate(renamed)


def value(plain: Any) -> Any:
    """JSON as CEL sees it."""
    from celpy.adapter import json_to_cel  # noqa: PLC0415 - see above

    return json_to_cel(plain)


def problem(expression: str, roots: frozenset[str], longest: int) -> str:
    """Why Google would not take an expression over some variables; empty when it would."""
    if len(expression) > longest:
        return f"the expression is longer than {longest} characters"
    try:
        _program(expression)
    except Exception as error:  # noqa: BLE001 - the parser's errors have no common base
        return " ".join(str(error).split())[:200] or type(error).__name__
    found = set(_ROOT.findall(_TEXT.sub("''", expression)))
    unknown = found - roots
    return f"undeclared reference to '{min(unknown)}'" if unknown else ""


@lru_cache(maxsize=4096)
def _program(expression: str) -> Any:
    import celpy  # noqa: PLC0415 - see above

    environment = celpy.Environment()
    parts = _TEXT.split(expression)
    renamed = "".join(part if number % 2 else _GOOGLE.sub(HIDDEN, part) for number, part in enumerate(parts))
    return environment.program(environment.compile(renamed), functions=_functions())


def _functions() -> dict[str, Callable[..., Any]]:
    from celpy import celtypes  # noqa: PLC0415 - see above

    def extract(text: Any, template: Any) -> Any:
        before, _, rest = str(template).partition("{")
        after = rest.partition("}")[2]
        start = str(text).find(before)
        if start < 0:
            return celtypes.StringType("")
        found = str(text)[start + len(before) :]
        if not after:
            return celtypes.StringType(found)
        end = found.find(after)
        return celtypes.StringType(found[:end] if end >= 0 else "")

    def attribute(_api: Any, _name: Any, default: Any) -> Any:
        return default

    def only(values: Any, allowed: Any) -> Any:
        return celtypes.BoolType(all(one in allowed for one in values))

    return {"extract": extract, "getAttribute": attribute, "hasOnly": only}
