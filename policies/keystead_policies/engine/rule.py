"""What a rule is, and the list of all rules, found by the type of resource they look at."""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from keystead_policies.engine.controls import Control, control
from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.resources.tags import TIER_TAGS, tags_of
from keystead_policies.engine.waiver import Waivers


class Severity(StrEnum):
    """How much harm it does to leave a finding as it is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Level(StrEnum):
    """What a finding does to `pulumi up`."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Pending:
    """A rule that could not judge a resource, and the property it waits for."""

    rule: str
    resource: Resource
    path: str
    why: str
    """`not known yet`, or `held encrypted` in a state."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know besides the resource."""

    environment: str
    """Environment of the stack: the stack's own name."""
    stage: str
    """Stage of the environment, `production` or `development` unless the settings say otherwise."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The rule's numbers and names: its defaults, overlaid by configuration."""
    environments: tuple[str, ...] = ()
    """All known names of environments."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Environment to AWS account."""
    projects: Mapping[str, str] = field(default_factory=dict)
    """Environment to GCP project."""
    waivers: Waivers = field(default_factory=Waivers)
    """The stack's waivers, with the uses so far."""
    pending: Sequence[Pending] = ()
    """What could not be judged so far."""


Check = Callable[[Resource, Context], Iterator[str]]
StackCheck = Callable[[Resource, Stack, Context], Iterator[str]]
Repair = Callable[[Resource, Context], dict[str, Any]]
"""Properties to set; a nested object is merged into what is there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One named rule with all that is told about it."""

    id: str
    """Stable identity, as configuration, waivers and reports write it."""
    topic: str
    """Name of the file it lives in."""
    cloud: str
    """`aws`, `gcp` or `any`."""
    types: tuple[str, ...]
    """Types of resource it judges, one at a time."""
    severity: Severity
    controls: tuple[Control, ...]
    link: str
    """Where the provider or the framework explains it."""
    fix: str
    """What to write in the program, one clause."""
    description: str
    """The promise: what holds where nothing is found."""
    check: Check | None = None
    stack_check: StackCheck | None = None
    reads: tuple[str, ...] = ()
    """Further types it needs to see."""
    repair: Repair | None = None
    """Properties to set so that the check passes, where that is safe."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Names and defaults of what configuration may change."""
    levels: Mapping[str, Level] = field(default_factory=dict)
    """Stage to level, where the settings' own do not fit."""


RULES: dict[str, Rule] = {}
"""Every rule by id; filled when the topics are imported."""

BY_TYPE: dict[str, list[Rule]] = defaultdict(list)
"""Rules over one resource, by its type."""

IN_STACK: list[Rule] = []
"""Rules that need the whole stack."""


def types_in_stack() -> frozenset[str]:
    """Types of resource that rules over the stack look at."""
    return frozenset(kind for found in IN_STACK for kind in (*found.types, *found.reads))


def rule(
    *types: str, severity: Severity, controls: list[str], link: str, fix: str, **more: Any
) -> Callable[[Check], Check]:
    """Make a function over one resource a rule; its id is the topic's cloud and the function's name."""

    def declare(check: Check) -> Check:
        found = _rule(check, types, severity, controls, link, fix, check=check, **more)
        for kind in types:
            BY_TYPE[kind].append(found)
        return check

    return declare


def stack_rule(
    *types: str, severity: Severity, controls: list[str], link: str, fix: str, **more: Any
) -> Callable[[StackCheck], StackCheck]:
    """Make a function over one resource and all others a rule; it is asked once all are known."""

    def declare(check: StackCheck) -> StackCheck:
        IN_STACK.append(_rule(check, types, severity, controls, link, fix, stack_check=check, **more))
        return check

    return declare


def _rule(
    function: Callable[..., Any],
    types: tuple[str, ...],
    severity: Severity,
    controls: list[str],
    link: str,
    fix: str,
    **more: Any,
) -> Rule:
    package, topic = function.__module__.rsplit(".", 2)[-2:]
    cloud = package if package in {"aws", "gcp"} else "any"
    prefix = "" if cloud == "any" else f"{cloud}-"
    found = Rule(
        id=prefix + function.__name__.replace("_", "-"),
        topic=topic,
        cloud=cloud,
        types=types,
        severity=severity,
        controls=tuple(control(identity) for identity in controls),
        link=link,
        fix=fix,
        description=re.sub(r"\s+", " ", inspect.getdoc(function) or ""),
        **more,
    )
    if found.id in RULES:
        raise ValueError(f"two rules are called {found.id}: rename the function in {function.__module__}")
    RULES[found.id] = found
    return found


def limit(resource: Resource, context: Context, name: str) -> int:
    """Return a number of the rule's options: the one for the resource's tier (`max_days_low`), else the general one."""
    tags = tags_of(resource)
    tier = next((tags.get(tag) for tag in TIER_TAGS if tags.given(tag)), "")
    return int(context.options.get(f"{name}_{tier}", context.options[name]))
