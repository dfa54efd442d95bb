"""Waivers in the spec: findings of the policy pack that a team accepts until a given day."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from keystead.model.names import Owner
from keystead.model.section import Section

_RULE = r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_LONGEST = 250


def _check_rule(value: str) -> str:
    if not re.fullmatch(_RULE, value, re.ASCII):
        raise ValueError("must be the id of a rule as docs/policies.md lists them, such as aws-key-rotates")
    return value


def _check_line(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > _LONGEST:
        raise ValueError(f"must be 1 to {_LONGEST} characters on one line")
    return value


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(_DAY, value, re.ASCII):
        raise ValueError('must be a day such as "2027-03-31", in quotes')
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date that exists") from None


Rule = Annotated[str, Field(json_schema_extra={"pattern": _RULE}), AfterValidator(_check_rule)]
Line = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": _LONGEST}), AfterValidator(_check_line)]
Day = Annotated[
    date,
    PlainValidator(_day),
    PlainSerializer(date.isoformat),
    WithJsonSchema({"type": "string", "pattern": _DAY, "examples": ["2027-03-31"]}),
]


class WaiverSpec(Section):
    """One accepted finding of the policy pack. It is advisory until its last day; from the day after it fails."""

    rule: Rule
    """Id of the rule, such as aws-key-rotates; docs/policies.md lists them."""
    resource: Line
    """Name of the resource in the program, or its URN; * and ? are wildcards."""
    owner: Owner
    """Team responsible for it."""
    ticket: Line
    """Ticket in which it is followed up, such as OPS-1432."""
    reason: Line
    """Why the finding is accepted for now, in one sentence."""
    until: Day
    """Last day of the waiver, in UTC, such as "2027-03-31"."""
