"""What a rule is, and the list of all rules, found by the type of resource they look at."""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from keystead_policies.engine.controls import Control, control
from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.resources.tags import TIER_TAGS, tags_of
from keystead_policies.engine.waiver import Waivers


class Severity(StrEnum):
    """Severity of a violation."""

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
    """A rule that could not be evaluated, and the property whose value is not known."""

    rule: str
    resource: Resource
    path: str
    why: str
    """`not known yet`, or `held encrypted` in a state."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule knows besides the resource."""

    environment: str
    """Environment of the stack: the stack's own name."""
    stage: str
    """Stage of the environment, `production` or `development` unless the settings say otherwise."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The rule's options: its defaults, overridden by configuration."""
    environments: tuple[str, ...] = ()
    """All known names of environments."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Environment to AWS account."""
    projects: Mapping[str, str] = field(default_factory=dict)
    """Environment to GCP project."""
    waivers: Waivers = field(default_factory=Waivers)
    """The stack's waivers, with their uses so far."""
    pending: Sequence[Pending] = ()
    """Rules that could not be evaluated so far."""


Check = Callable[[Resource, Context], Iterator[str]]
StackCheck = Callable[[Resource, Stack, Context], Iterator[str]]
Repair = Callable[[Resource, Context], dict[str, Any]]
"""Properties to set; a nested object is merged into what is there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule with its metadata."""

    id: str
    """Stable identity, as configuration, waivers and reports write it."""
    topic: str
    """Name of the file it lives in."""
    cloud: str
    """`aws`, `gcp` or `any`."""
    types: tuple[str, ...]
    """Types of resource it is evaluated on, one resource at a time."""
    severity: Severity
    controls: tuple[Control, ...]
    partly: frozenset[str]
    """Keys of controls of which it covers a part only."""
    link: str
    """Documentation of the provider or the framework."""
    fix: str
    """How to correct a finding, one clause in the imperative."""
    description: str
    """What holds where nothing is found, one sentence."""
    rationale: str = ""
    """Why, and what is exempt; empty where the description says it all."""
    check: Check | None = None
    stack_check: StackCheck | None = None
    reads: tuple[str, ...] = ()
    """Further types of resource that it reads."""
    repair: Repair | None = None
    """Properties to set so that the rule holds, where that is safe."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Names and defaults of its options."""
    levels: Mapping[str, Level] = field(default_factory=dict)
    """Stage to level, where it differs from the level of the stage."""
    convention: bool = False
    """Whether it holds for stacks made with Keystead only: names, tags and labels that others do not have."""


RULES: dict[str, Rule] = {}
"""Every rule by id; filled when the topics are imported."""

BY_TYPE: dict[str, list[Rule]] = defaultdict(list)
"""Rules over one resource, by its type."""

IN_STACK: list[Rule] = []
"""Rules that need the whole stack."""


def types_in_stack() -> frozenset[str]:
    """Types of resource that rules over the whole stack read."""
    return frozenset(kind for found in IN_STACK for kind in (*found.types, *found.reads))


def packages() -> frozenset[str]:
    """Packages whose resources rules read, and Pulumi's own."""
    read = {kind.partition(":")[0] for found in RULES.values() for kind in (*found.types, *found.reads)}
    return frozenset({*read, "pulumi"})


def rule(
    *types: str, severity: Severity, controls: list[str], link: str, fix: str, **more: Any
) -> Callable[[Check], Check]:
    """Declare a function over one resource as a rule; its id is made of the cloud and the function's name."""

    def declare(check: Check) -> Check:
        found = _rule(check, types, severity, controls, link, fix, check=check, **more)
        for kind in types:
            BY_TYPE[kind].append(found)
        return check

    return declare


def stack_rule(
    *types: str, severity: Severity, controls: list[str], link: str, fix: str, **more: Any
) -> Callable[[StackCheck], StackCheck]:
    """Declare a function over one resource and its stack as a rule; it is evaluated once all resources are known."""

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
    partly: Iterable[str] = (),
    **more: Any,
) -> Rule:
    package, topic = function.__module__.rsplit(".", 2)[-2:]
    cloud = package if package in {"aws", "gcp"} else "any"
    prefix = "" if cloud == "any" else f"{cloud}-"
    description, rationale = _texts(function, more.get("options", {}))
    found = Rule(
        id=prefix + function.__name__.replace("_", "-"),
        topic=topic,
        cloud=cloud,
        types=types,
        severity=severity,
        controls=tuple(control(identity) for identity in controls),
        partly=frozenset(partly),
        link=link,
        fix=fix,
        description=description,
        rationale=rationale,
        **more,
    )
    if not found.partly <= set(controls):
        raise ValueError(f"{found.id} covers in part what is not among its controls: {', '.join(found.partly)}")
    if found.id in RULES:
        raise ValueError(f"two rules are called {found.id}: rename the function in {function.__module__}")
    RULES[found.id] = found
    return found


def _texts(function: Callable[..., Any], options: Mapping[str, Any]) -> tuple[str, str]:
    """Read a rule's description and rationale from its docstring; `{option}` stands for the option's default."""
    text = re.sub(r"\{(\w+)\}", lambda named: str(options[named[1]]), inspect.getdoc(function) or "")
    description, _, rationale = text.partition("\n\n")
    return " ".join(description.split()), " ".join(rationale.split())


TIERS = ("low", "standard", "high", "critical")
"""Tiers of sensitivity, from the lowest."""


def limit(resource: Resource, context: Context, name: str) -> int:
    """Return a number of the rule's options: the one for the resource's tier (`max_days_low`), else the general one."""
    tags = tags_of(resource)
    tier = next((tags.get(tag) for tag in TIER_TAGS if tags.given(tag)), "")
    return int(context.options.get(f"{name}_{tier}", context.options[name]))
