"""Waivers: findings that an owner accepts until a date."""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from keystead_policies.engine.resources.resource import Resource

FIELDS = ("rule", "resource", "owner", "ticket", "reason", "until")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted finding."""

    name: str
    rule: str
    resource: str
    """URN or name in the program; `*` and `?` stand for any characters."""
    owner: str
    ticket: str
    reason: str
    until: date
    """Last day on which it applies, in UTC."""

    def covers(self, rule: str, resource: Resource) -> bool:
        """Return whether it applies to findings of this rule on this resource."""
        names = (resource.urn, resource.name)
        return self.rule == rule and any(fnmatch.fnmatchcase(name, self.resource) for name in names)


@dataclass(slots=True)
class Waivers:
    """The waivers of one stack and their use."""

    complete: list[Waiver] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    """Name of a waiver to what is wrong with it; such a waiver waives nothing."""
    used: set[str] = field(default_factory=set)
    today: date = date.min

    def of(self, rule: str, resource: Resource) -> Waiver | None:
        """Return the waiver of a finding, the one with the latest last day, and note its use."""
        found = sorted((each for each in self.complete if each.covers(rule, resource)), key=lambda each: each.until)
        if not found:
            return None
        self.used.add(found[-1].name)
        return found[-1]

    def ended(self, waiver: Waiver) -> bool:
        """Return whether a waiver is past its last day."""
        return waiver.until < self.today


def waivers(written: Mapping[str, Any], today: date, rules: Mapping[str, object]) -> Waivers:
    """Read waivers from settings: name to rule, resource, owner, ticket, reason and until (YYYY-MM-DD)."""
    found = Waivers(today=today)
    for name, entry in written.items():
        problem = _problem(entry, rules)
        if problem:
            found.problems[name] = problem
        else:
            texts = {key: str(entry[key]) for key in FIELDS if key != "until"}
            found.complete.append(Waiver(name=name, until=date.fromisoformat(str(entry["until"])), **texts))
    return found


def _problem(entry: object, rules: Mapping[str, object]) -> str:
    if not isinstance(entry, Mapping):
        return f"is {entry!r}, not a map"
    missing = [key for key in FIELDS if not str(entry.get(key) or "").strip()]
    if missing:
        return f"has no {', '.join(missing)}"
    if unknown := sorted(map(str, set(entry) - set(FIELDS))):
        return f"has {', '.join(unknown)}, which is none of {', '.join(FIELDS)}"
    if str(entry["rule"]) not in rules:
        return f"names the rule {entry['rule']!r}, which does not exist"
    try:
        date.fromisoformat(str(entry["until"]))
    except ValueError:
        return f"ends on {entry['until']!r}, which is no date like 2027-03-31"
    return ""
