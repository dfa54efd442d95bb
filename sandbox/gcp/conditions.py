"""IAM conditions: CEL over request.time, resource.name, resource.type, resource.service and API attributes.

Source: IAM guide, "Attribute reference for IAM Conditions". A condition that cannot be evaluated does not grant.
celpy is imported with the first condition: it takes a second and 20 MB.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

LONGEST = 12_800
"""Characters of a condition's expression that Google accepts at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a condition can look at."""

    time: float
    name: str
    type: str
    service: str


def holds(expression: str, asked: Asked) -> bool:
    """Whether the condition is true for a request."""
    from celpy import celtypes  # noqa: PLC0415 - see above
    from celpy.adapter import json_to_cel  # noqa: PLC0415 - see above

    context = {
        "request": celtypes.MapType({celtypes.StringType("time"): _moment(asked.time)}),
        "resource": json_to_cel({"name": asked.name, "type": asked.type, "service": asked.service}),
        "api": celtypes.MapType({}),
    }
    try:
        return bool(_program(expression).evaluate(context))
    except Exception:  # noqa: BLE001 - whatever goes wrong in an evaluation, Google does not grant
        return False


def problem(expression: str) -> str:
    """Why Google would not take a condition; empty when it would."""
    if len(expression) > LONGEST:
        return f"the expression is longer than {LONGEST} characters"
    try:
        _program(expression)
    except Exception as error:  # noqa: BLE001 - the parser's errors have no common base
        return " ".join(str(error).split())[:200] or type(error).__name__
    roots = set(re.findall(r"(?<![\w.\"'/-])([a-z_]+)\.[A-Za-z_]+", re.sub(r"\"[^\"]*\"|'[^']*'", "''", expression)))
    unknown = roots - {"request", "resource", "api", "destination", "type"}
    return f"undeclared reference to '{min(unknown)}'" if unknown else ""


def _moment(seconds: float) -> Any:
    from celpy import celtypes  # noqa: PLC0415 - see above

    return celtypes.TimestampType(datetime.fromtimestamp(seconds, UTC))


@lru_cache(maxsize=4096)
def _program(expression: str) -> Any:
    import celpy  # noqa: PLC0415 - see above

    environment = celpy.Environment()
    return environment.program(environment.compile(expression), functions=_functions())


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
        return celtypes.BoolType(all(value in allowed for value in values))

    return {"extract": extract, "getAttribute": attribute, "hasOnly": only}
