"""The pack's settings: the environment of each stack, the level of findings in it, and the waivers.

A JSON or YAML object, from the file that KEYSTEAD_POLICY_SETTINGS names and from the stack's configuration
`keystead-policies:settings`; the stack's settings override the file's, key by key.
"""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keystead_policies.engine.rule import Context, Level, Pending, Rule
from keystead_policies.engine.waiver import Waivers

KEYS = ("environment", "environments", "levels", "rules", "accounts", "projects", "waivers", "profile")

STAGES = {
    "prod*": "production",
    "*-prod": "production",
    "prd*": "production",
    "live*": "production",
    "*": "development",
}
"""Stack name pattern to stage; the first that matches counts."""
PROFILES = ("keystead", "general")
"""Profiles: all rules, or all but those about Keystead's own conventions."""
LEVELS = {"production": Level.MANDATORY, "development": Level.ADVISORY}
KNOWN = ("dev", "development", "test", "qa", "staging", "stage", "preprod", "prod", "production", "live", "sandbox")
"""Names that count as environments besides those in the settings."""


class SettingsError(Exception):
    """A setting that is not valid."""

    def __init__(self, where: str, value: object, allowed: str) -> None:
        super().__init__(f"keystead-policies:settings {where} is {value!r}; write {allowed}")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the rules apply to one stack."""

    stack: str
    environment: str
    """Name that resources carry; the stack's name unless the settings say otherwise."""
    stage: str
    levels: Mapping[str, Level]
    """Stage to level."""
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rule id to its level and options."""
    environments: tuple[str, ...] = KNOWN
    accounts: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)
    profile: str = PROFILES[0]
    waivers: Mapping[str, Any] = field(default_factory=dict)
    """Waivers as they were written, by name."""

    def level(self, rule: Rule) -> Level:
        """Return the level of a rule: its own setting, else the rule's level for the stage, else the stage's."""
        own = self.rules.get(rule.id, {}).get("level")
        if own is None and rule.convention and self.profile == "general":
            return Level.DISABLED
        chosen = own or rule.levels.get(self.stage) or self.levels.get(self.stage)
        level = Level(chosen or Level.ADVISORY)
        return Level.MANDATORY if level is Level.REMEDIATE and rule.repair is None else level

    def context(self, rule: Rule, options: Mapping[str, Any], waivers: Waivers, pending: Sequence[Pending]) -> Context:
        """Return the context of a rule; options of a policy configuration override those of the settings."""
        own = {key: value for key, value in self.rules.get(rule.id, {}).items() if key != "level"}
        return Context(
            environment=self.environment,
            stage=self.stage,
            options={**rule.options, **own, **options},
            environments=self.environments,
            accounts=self.accounts,
            projects=self.projects,
            waivers=waivers,
            pending=pending,
        )


def settings(stack: str, *sources: Mapping[str, Any]) -> Settings:
    """Merge the sources, later ones overriding earlier ones key by key, and validate the result."""
    merged: dict[str, Any] = {}
    for source in sources:
        for key, value in source.items():
            _one_of(key, KEYS, "")
            known = merged.get(key)
            merged[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, Mapping) else value
    stages = {**_table(merged, "environments"), **STAGES}
    levels = {
        **LEVELS,
        **{stage: _level(f"levels.{stage}", found) for stage, found in _table(merged, "levels").items()},
    }
    environment = str(merged.get("environment") or stack)
    profile = str(merged.get("profile") or PROFILES[0])
    if profile not in PROFILES:
        raise SettingsError("profile", profile, f"one of {', '.join(PROFILES)}")
    accounts, projects = _table(merged, "accounts"), _table(merged, "projects")
    return Settings(
        stack=stack,
        environment=environment,
        stage=next(stage for pattern, stage in stages.items() if fnmatch.fnmatchcase(environment, pattern)),
        levels=levels,
        rules={identity: _rule(identity, entry) for identity, entry in _table(merged, "rules").items()},
        environments=tuple(dict.fromkeys([*_literal(stages), *accounts, *projects, *KNOWN, environment])),
        accounts={name: str(account) for name, account in accounts.items()},
        projects={name: str(project) for name, project in projects.items()},
        waivers=_table(merged, "waivers"),
        profile=profile,
    )


def _literal(patterns: Iterable[str]) -> list[str]:
    return [pattern for pattern in patterns if not set(pattern) & set("*?[")]


def _table(merged: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = merged.get(key) or {}
    if not isinstance(found, Mapping):
        raise SettingsError(key, found, "a map")
    return {str(name): value for name, value in found.items()}


def _rule(identity: str, entry: object) -> dict[str, Any]:
    """Return a rule's settings; a bare level is short for `{level: ...}`."""
    found = dict(entry) if isinstance(entry, Mapping) else {"level": entry}
    if "level" in found:
        found["level"] = _level(f"rules.{identity}", found["level"])
    return found


def _level(where: str, value: object) -> Level:
    try:
        return Level(str(value))
    except ValueError:
        raise SettingsError(where, value, f"one of {', '.join(Level)}") from None


def _one_of(key: str, allowed: Iterable[str], where: str) -> None:
    if key not in allowed:
        raise SettingsError(where or "key", key, f"one of {', '.join(allowed)}")
