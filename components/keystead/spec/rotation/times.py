"""When rotations take place: how often, at which hour, and how long the previous value stays valid."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from keystead.model.aws.rotation_rules import CALENDAR, Interval
from keystead.model.clouds import TITLES, Cloud
from keystead.model.duration import Duration, default_overlap, format_duration
from keystead.model.rotation_window import DAY, UtcWindow, utc_window
from keystead.model.time_of_day import TIME_PATTERN, Zone, minutes, time_of_day
from keystead.spec.context import SpecContext, Tiered, context_of
from keystead.spec.limits import whole_hours, within_tier

INTERVALS: Mapping[Cloud, Mapping[timedelta, Interval]] = {"aws": CALENDAR}
"""Clouds that keep an hour at certain times between rotations alone; the others keep it at any number of days."""
STALE: Mapping[Cloud, timedelta] = {"gcp": timedelta(hours=12)}
"""How long readers may still get the value before after a rotation: on GCP they follow an alias, and a moved one
converges "within minutes, but may take a few hours" (Secret Manager guide, "Resource consistency")."""

Problem = tuple[tuple[str | int, ...], Any, str]


class RotationTimes(Tiered):
    """How often a value is replaced and at which hour, and how long the previous one stays valid."""

    every: Annotated[Duration, whole_hours(4, "AWS Secrets Manager")]
    """Time between two rotations, or reminders; whole hours, at least 4, by default and at most the tier's."""
    overlap: Duration
    """How long the previous value stays readable; less than `every`, by default the tier's or a third of `every`."""
    at: Annotated[str, time_of_day(TIME_PATTERN, '"03:00"')] | None = Field(
        default=None, json_schema_extra={"pattern": TIME_PATTERN}
    )
    """Time of day at which a window for rotations opens, HH:MM in quotes; by default rotations come at any hour."""
    zone: Zone = "UTC"
    """IANA time zone of `at`. Schedules of both clouds are in UTC: the hours are used that lie in the window both with
    and without daylight saving."""
    window: Annotated[Duration, whole_hours(1, "AWS Secrets Manager", most=24)] = Field(
        default=timedelta(hours=4), validate_default=True
    )
    """How long the window is open; whole hours, 1h to 24h, 4h by default."""

    @classmethod
    def defaults_for(cls, context: SpecContext, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tier's times."""
        every = data.get("every", context.defaults.secret_every)
        return {"every": every, "overlap": default_overlap(every, context.defaults.overlap)}

    @property
    def utc_window(self) -> UtcWindow | None:
        """The hours in UTC in which rotations are made; None where any hour will do."""
        return None if self.at is None else utc_window(minutes(self.at), self.zone, self.window)

    def longest_on(self, cloud: Cloud) -> timedelta:
        """Return the longest time between two rotations that a cloud leads."""
        interval = self._interval(cloud)
        return interval.longest if interval else self.every

    def time_problems(self, clouds: Sequence[Cloud], context: SpecContext | None) -> Iterator[Problem]:
        """Yield what the clouds of a secret, of which the first leads its rotation, cannot keep."""
        if self.at is None:
            yield from (((name,), getattr(self, name), "has no meaning without `at`") for name in self._given())
        intervals = INTERVALS.get(clouds[0], {}) if clouds and self.at is not None else {}
        interval = intervals.get(self.every)
        if intervals and interval is None:
            yield ("every",), format_duration(self.every), _off_the_calendar(clouds[0])
        if interval is None:
            return
        if self.overlap >= interval.shortest:
            shortest = format_duration(interval.shortest)
            yield (
                ("overlap",),
                format_duration(self.overlap),
                f"must be less than {shortest}, the shortest time {_APART}",
            )
        limit = context.defaults.secret_every_limit if context is not None and context.tier is not None else None
        if limit is not None and context is not None and interval.longest > limit:
            longest = (
                f"at most {format_duration(limit)} in tier {context.tier}, and {format_duration(interval.longest)}"
            )
            yield (
                ("every",),
                format_duration(self.every),
                f"must be {longest} is the longest time {_APART}; rotate more often",
            )

    def _given(self) -> list[str]:
        return [name for name in ("zone", "window") if name in self.model_fields_set]

    def _interval(self, cloud: Cloud) -> Interval | None:
        return None if self.at is None else INTERVALS.get(cloud, {}).get(self.every)

    @field_validator("every")
    @classmethod
    def _often_enough(cls, value: Any, info: ValidationInfo) -> Any:
        context = context_of(info)
        if context is None or context.tier is None:
            return value
        return within_tier(value, context.defaults.secret_every_limit, context.tier)

    @field_validator("overlap")
    @classmethod
    def _shorter(cls, value: Any, info: ValidationInfo) -> Any:
        every = info.data.get("every")
        if every is not None and value >= every:
            raise ValueError("must be less than `every`, since a secret has one previous value at a time")
        return value

    @field_validator("at")
    @classmethod
    def _on_days(cls, value: str | None, info: ValidationInfo) -> str | None:
        every = info.data.get("every")
        if value is not None and every is not None and every % DAY:
            raise ValueError(
                f"needs whole days in `every`, which is {format_duration(every)}; remove it, or change that"
            )
        return value

    @field_validator("window")
    @classmethod
    def _open_all_year(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        at, zone = info.data.get("at"), info.data.get("zone")
        if at is not None and zone is not None and utc_window(minutes(at), zone, value) is None:
            raise ValueError(
                f"holds no whole hour of UTC all year round from {at} in {zone}, and schedules of both clouds know UTC "
                "alone; make it longer, by an hour for daylight saving"
            )
        return value


_APART = "between two of the days of the calendar that stand for `every` with `at`"


def _off_the_calendar(cloud: Cloud) -> str:
    able = ", ".join(format_duration(every) for every in INTERVALS[cloud])
    return f"must be one of {able} with `at` on {TITLES[cloud]}, where hours are kept on days of the calendar"
