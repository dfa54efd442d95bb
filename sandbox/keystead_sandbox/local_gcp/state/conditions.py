"""IAM conditions: CEL over request.time, resource.name, resource.type, resource.service and API attributes.

Source: IAM guide, "Attribute reference for IAM Conditions". A condition that cannot be evaluated does not grant.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from keystead_sandbox.local_gcp.api import expressions

LONGEST = 12_800
"""Characters of a condition's expression that Google accepts at most."""
ROOTS = frozenset({"request", "resource", "api", "destination", "type"})


@dataclass(frozen=True, slots=True)
class Context:
    """What a condition can look at: the time of a request and the resource it is about."""

    time: float
    name: str
    type: str
    service: str


def holds(expression: str, context: Context) -> bool:
    """Whether the condition is true for a request."""
    from celpy import celtypes  # noqa: PLC0415 - only with the first condition: half a second and 20 MB

    variables = {
        "request": celtypes.MapType({celtypes.StringType("time"): _timestamp(context.time)}),
        "resource": expressions.value({"name": context.name, "type": context.type, "service": context.service}),
        "api": celtypes.MapType({}),
    }
    try:
        return bool(expressions.evaluate(expression, variables))
    except Exception:  # noqa: BLE001 - whatever goes wrong in an evaluation, Google does not grant
        return False


def problem(expression: str) -> str:
    """Why Google would not take a condition; empty when it would."""
    return expressions.problem(expression, ROOTS, LONGEST)


def _timestamp(seconds: float) -> Any:
    from celpy import celtypes  # noqa: PLC0415 - as above

    return celtypes.TimestampType(datetime.fromtimestamp(seconds, UTC))
