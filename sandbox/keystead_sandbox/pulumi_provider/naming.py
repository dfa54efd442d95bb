"""Names that are made when none is given: resource name, separator, seven hex digits, as the official providers do."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Autoname:
    """Which property is the name, and what its service asks of names."""

    property: str = "name"
    most: int = 255
    prefix: str = ""
    suffix: Callable[[Mapping[str, Any]], str] = lambda _: ""
    separator: str = "-"
    lower: bool = False


def autoname(rule: Autoname, name: str, inputs: dict[str, Any], olds: Mapping[str, Any], seed: bytes) -> None:
    """Make a name once and keep it: the old inputs remember that theirs was made."""
    if rule.property in olds.get("__defaults", []) and olds.get(rule.property):
        inputs[rule.property] = olds[rule.property]
        return
    suffix = rule.suffix(inputs)
    made = f"{rule.separator}{hashlib.sha256(seed).hexdigest()[:7]}{suffix}"
    stem = name.lower() if rule.lower else name
    inputs[rule.property] = rule.prefix + stem[: rule.most - len(made) - len(rule.prefix)] + made
