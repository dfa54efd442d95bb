"""Values of enums by number: Google's REST clients send them so. enum_numbers.yaml holds the irregular ones."""

from functools import cache
from pathlib import Path

import yaml


@cache
def irregular() -> dict[str, dict[int, str]]:
    """The enums that are not numbered in the order of the discovery documents: first value -> number -> value."""
    table: dict[str, dict[int, str]] = yaml.safe_load(Path(__file__).with_name("enum_numbers.yaml").read_text())
    return table


def name_of(names: tuple[str, ...], number: int) -> str | None:
    """The name of a value by its number; None where the sandbox serves no such value."""
    numbers = irregular().get(names[0], dict(enumerate(names)))
    return names[0] if number == 0 else numbers.get(number)
