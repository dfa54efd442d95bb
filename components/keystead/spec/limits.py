"""Limits of values in the spec; each message names the limit and its source."""

import re
from datetime import timedelta

from pydantic import AfterValidator, ValidationInfo

from keystead.model.duration import format_duration

_DESCRIPTION = re.compile(r"[\x20-\x7e\xa1-\xff]{1,250}")


def whole_days(lowest: int, highest: int, source: str, *, zero: bool = False) -> AfterValidator:
    """Accept whole days from lowest to highest; with `zero` also 0 days."""

    def check(value: timedelta) -> timedelta:
        if value or not zero:
            check_days(value, lowest, highest, source, before="0d, or " if zero else "")
        return value

    return AfterValidator(check)


def check_days(value: timedelta, lowest: int, highest: int, source: str, *, before: str = "") -> None:
    """Refuse all but a whole number of days from lowest to highest."""
    if value % timedelta(days=1) or not lowest <= value.days <= highest:
        raise ValueError(f"must be {before}{lowest}d to {highest}d in whole days, the range of {source}")


def whole_hours(lowest: int, source: str, *, most: int | None = None) -> AfterValidator:
    """Accept whole hours, at least the lowest and at most `most`."""

    def check(value: timedelta) -> timedelta:
        if most is not None and (value % timedelta(hours=1) or not lowest <= value / timedelta(hours=1) <= most):
            raise ValueError(f"must be {lowest}h to {most}h in whole hours, the range of {source}")
        if value % timedelta(hours=1) or value < timedelta(hours=lowest):
            raise ValueError(f"must be {lowest}h or more in whole hours, the minimum of {source}")
        return value

    return AfterValidator(check)


def within_tier(value: timedelta, limit: timedelta, tier: str) -> timedelta:
    """Refuse a time between rotations that is longer than the tier allows."""
    if value > limit:
        raise ValueError(
            f"must be at most {format_duration(limit)} in tier {tier}; rotate more often or lower the tier"
        )
    return value


def check_purpose(value: str) -> str:
    """Refuse a purpose that IAM would refuse as a description: Latin-1 without control characters, here up to 250."""
    if not _DESCRIPTION.fullmatch(value) or not value.strip():
        raise ValueError("must be 1 to 250 characters of Latin script on one line, which descriptions in IAM accept")
    return value


def check_replaceable(value: bool, info: ValidationInfo) -> bool:
    """Refuse the replacement of what is protected."""
    if value and info.data.get("protected"):
        raise ValueError(
            "cannot be true for what is protected: set `protected: false` first and run `pulumi up`, then replace it"
        )
    return value
