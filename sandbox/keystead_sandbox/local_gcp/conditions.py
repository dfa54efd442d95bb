"""IAM conditions: CEL over request.time, resource.name, resource.type, resource.service and API attributes.

Source: IAM guide, "Attribute reference for IAM Conditions". A condition that cannot be evaluated does not grant.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from keystead_sandbox.local_gcp import expressions

LONGEST = 12_800
"""Characters of a condition's expression that Google accepts at most."""
ROOTS = frozenset({"request", "resource", "api", "destination", "type"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a condition can look at."""

    time: float
    name: str
    type: str
    service: str


def holds(expression: str, asked: Asked) -> bool:
    """Whether the condition is true for a request."""
    from celpy import celtypes  # noqa: PLC0415 - only with the first condition: half a second and 20 MB

    context = {
        "request": celtypes.MapType({celtypes.StringType("time"): _moment(asked.time)}),
        "resource": expressions.value({"name": asked.name, "type": asked.type, "service": asked.service}),
        "api": celtypes.MapType({}),
    }
    try:
        return bool(expressions.evaluate(expression, context))
    except Exception:  # noqa: BLE001 - whatever goes wrong in an evaluation, Google does not grant
        return False


def problem(expression: str) -> str:
    """Why Google would not take a condition; empty when it would."""
    return expressions.problem(expression, ROOTS, LONGEST)


def _moment(seconds: float) -> Any:
    from celpy import celtypes  # noqa: PLC0415 - as above

    return celtypes.TimestampType(datetime.fromtimestamp(seconds, UTC))
