"""Applies the rules to the resources of one stack, each rule to the types it is declared for."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from keystead_policies.engine.resources.resource import ROOT, Resource, Stack
from keystead_policies.engine.resources.values import NotKnownYet, UnexpectedValueError
from keystead_policies.engine.rule import BY_TYPE, IN_STACK, RULES, Context, Level, Pending, Rule
from keystead_policies.engine.settings import Settings, SettingsError
from keystead_policies.engine.topics import load
from keystead_policies.engine.waiver import Waiver, waivers

load()


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of one rule by one resource."""

    rule: Rule
    resource: Resource
    level: Level
    message: str
    """One line: the resource, the value found, the fix."""
    ordinal: int = 0
    """Number among the findings of this rule on this resource, from 0."""
    waiver: Waiver | None = None
    """The waiver that applies."""

    @property
    def id(self) -> str:
        """Identity that stays the same as long as the rule's id and the resource's URN do."""
        return hashlib.sha256(f"{self.rule.id}\n{self.resource.urn}\n{self.ordinal}".encode()).hexdigest()[:16]


@dataclass(slots=True)
class Evaluation:
    """One check of one stack: the resources first, then the stack."""

    settings: Settings
    today: date
    levels: Mapping[str, Level] = field(default_factory=dict)
    """Rule id to level, from the policy configuration."""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rule id to options, from the policy configuration."""
    repairing: set[str] = field(default_factory=set)
    """Types of resource with a rule at level `remediate`."""
    _contexts: dict[str, Context] = field(default_factory=dict)
    _active: dict[str, list[Rule]] = field(default_factory=dict)
    _pending: list[Pending] = field(default_factory=list)

    def __post_init__(self) -> None:
        for identity, entry in self.settings.rules.items():
            if identity not in RULES:
                raise SettingsError("rules", identity, "the id of a rule, as `keystead_policies rules` lists them")
            _validate(RULES[identity], entry)
        book = waivers(self.settings.waivers, self.today, RULES)
        for rule in RULES.values():
            options = self.options.get(rule.id, {})
            self._contexts[rule.id] = self.settings.context(rule, options, book, self._pending)
            if rule.repair is not None and self.level(rule) is Level.REMEDIATE:
                self.repairing.update(rule.types)
        self._active = {
            kind: [rule for rule in rules if self.level(rule) is not Level.DISABLED] for kind, rules in BY_TYPE.items()
        }

    def level(self, rule: Rule) -> Level:
        """Level of this rule in this stack."""
        return self.levels.get(rule.id) or self.settings.level(rule)

    def context(self, rule: Rule) -> Context:
        """Context of this rule in this stack."""
        return self._contexts[rule.id]

    def of_resource(self, resource: Resource) -> list[Finding]:
        """Evaluate the rules over one resource."""
        found = []
        for rule in self._active.get(resource.type, ()):
            if rule.check is not None and not resource.external:
                found += self._findings(rule, resource, rule.check(resource, self._contexts[rule.id]))
        return found

    def of_stack(self, resources: Iterable[Resource]) -> list[Finding]:
        """Evaluate the rules over the whole stack, those about waivers included."""
        stack = Stack(list(resources))
        found = []
        for rule in IN_STACK:
            if rule.stack_check is not None and self.level(rule) is not Level.DISABLED:
                judged = [stack.root] if rule.types == (ROOT,) else stack.of(*rule.types)
                for resource in judged:
                    if not resource.external:
                        texts = rule.stack_check(resource, stack, self._contexts[rule.id])
                        found += self._findings(rule, resource, texts)
        return found

    def repairs(self, resource: Resource) -> Iterator[tuple[Rule, dict[str, Any]]]:
        """Return the properties that each rule at level `remediate` sets on this resource."""
        for rule in BY_TYPE.get(resource.type, ()):
            if rule.repair is not None and rule.check is not None and self.level(rule) is Level.REMEDIATE:
                context = self._contexts[rule.id]
                with suppress(NotKnownYet, UnexpectedValueError):
                    if any(rule.check(resource, context)):
                        yield rule, rule.repair(resource, context)

    def _findings(self, rule: Rule, resource: Resource, texts: Iterator[str]) -> list[Finding]:
        found: list[Finding] = []
        try:
            for text in texts:
                found.append(self._finding(rule, resource, text, len(found)))
        except NotKnownYet as missing:
            self._pending.append(Pending(rule.id, resource, missing.path, missing.why))
        except Exception as error:  # noqa: BLE001 - a finding, so that the other rules are evaluated
            found.append(self._finding(rule, resource, _failure(rule, error), len(found)))
        return found

    def _finding(self, rule: Rule, resource: Resource, text: str, ordinal: int) -> Finding:
        book = self._contexts[rule.id].waivers
        waiver = book.of(rule.id, resource)
        level = self.level(rule)
        level = Level.MANDATORY if level is Level.REMEDIATE else level
        line = f"{resource.kind} {resource.name!r}: {text}; {rule.fix}"
        if waiver and book.ended(waiver):
            line += f" (its waiver {waiver.name!r} ended on {waiver.until})"
            waiver = None
        elif waiver:
            level = Level.ADVISORY
            line += f" (waived until {waiver.until} by {waiver.owner}, {waiver.ticket})"
        return Finding(rule, resource, level, line, ordinal, waiver)


def _validate(rule: Rule, entry: Mapping[str, Any]) -> None:
    """Refuse options that the rule does not have, and values of another kind than their defaults."""
    if unknown := set(entry) - {"level", *rule.options}:
        allowed = ", ".join(["level", *rule.options])
        raise SettingsError(f"rules.{rule.id}", min(unknown, key=str), f"one of {allowed}")
    for name, default in rule.options.items():
        value = entry.get(name, default)
        listed = isinstance(default, list | tuple)
        if not (isinstance(value, list | tuple) if listed else type(value) is type(default)):
            kind = "a list" if listed else "a whole number" if isinstance(default, int) else "a text"
            raise SettingsError(f"rules.{rule.id}.{name}", value, kind)


def _failure(rule: Rule, error: Exception) -> str:
    """Describe why a rule could not be evaluated, without values that may be secret."""
    if isinstance(error, UnexpectedValueError):
        return f"{error}, so the rule {rule.id} could not be evaluated"
    return (
        f"the rule {rule.id} could not be evaluated, since a property has an unexpected shape ({type(error).__name__})"
    )
