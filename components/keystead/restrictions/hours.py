"""Recurring windows of time: days of the week, from and to, in a time zone."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, field_validator
from pydantic_core.core_schema import ValidationInfo

from keystead.model.section import Section
from keystead.model.time_of_day import END_PATTERN, TIME_PATTERN, Zone, minutes, time_of_day

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""Days of the week as the spec writes them."""

_DAYS_PATTERN = r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)([,-](Mon|Tue|Wed|Thu|Fri|Sat|Sun))*$"


def _parse_days(value: Any) -> tuple[str, ...]:
    if isinstance(value, tuple) and set(value) <= set(DAYS):
        return value
    if not isinstance(value, str):
        raise ValueError("must be days such as Mon-Fri or Mon,Wed")
    chosen: set[str] = set()
    for part in re.split(r"\s*,\s*", value.strip()):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"must be days such as Mon-Fri or Mon,Wed; days are {', '.join(DAYS)}")
        start, stop = DAYS.index(first), DAYS.index(last or first)
        chosen.update(DAYS[(start + step) % 7] for step in range((stop - start) % 7 + 1))
    return tuple(day for day in DAYS if day in chosen)


class Hours(Section):
    """A recurring window on given days; where `to` is before `from` it ends on the following day."""

    days: Annotated[
        tuple[str, ...],
        PlainValidator(_parse_days),
        PlainSerializer(",".join),
        WithJsonSchema({"type": "string", "pattern": _DAYS_PATTERN, "examples": ["Mon-Fri", "Mon,Wed"]}),
    ] = Field(default_factory=lambda: DAYS)
    """Days on which a window begins, as a range `Mon-Fri`, a list `Mon,Wed`, or both; every day by default."""
    start: Annotated[str, time_of_day(TIME_PATTERN, '"07:00"')] = Field(
        alias="from", json_schema_extra={"pattern": TIME_PATTERN}
    )
    """First minute of the window, HH:MM in quotes, 00:00 to 23:59."""
    end: Annotated[str, time_of_day(END_PATTERN, '"20:00"')] = Field(
        alias="to", json_schema_extra={"pattern": END_PATTERN}
    )
    """First minute after the window, HH:MM in quotes, up to 24:00."""
    zone: Zone = "UTC"
    """IANA time zone of the times; its daylight saving applies."""

    @field_validator("end")
    @classmethod
    def _some_time(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("start"):
            raise ValueError("must differ from `from`; the whole day is 00:00 to 24:00")
        return value

    @property
    def start_minute(self) -> int:
        """Minutes from midnight to the start of the window."""
        return minutes(self.start)

    @property
    def end_minute(self) -> int:
        """Minutes from midnight to the end of the window, at most 1440."""
        return minutes(self.end)

    def cover(self, time: datetime) -> bool:
        """Return whether a timestamp with a zone is in the window."""
        local = time.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        today, yesterday = (DAYS[day.weekday()] for day in (local, local - timedelta(days=1)))
        if self.start_minute < self.end_minute:
            return today in self.days and self.start_minute <= minute < self.end_minute
        return (today in self.days and minute >= self.start_minute) or (
            yesterday in self.days and minute < self.end_minute
        )
