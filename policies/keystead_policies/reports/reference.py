"""The rule reference and the control matrix, generated from the rules."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from keystead_policies.engine.controls import FRAMEWORKS
from keystead_policies.engine.rule import RULES, Level, Rule
from keystead_policies.engine.topics import load

load()

_INTRODUCTION = """# Rules of the policy pack, and the controls they cover

<!-- written by `python -m keystead_policies reference`; a test keeps it current -->

{count} rules, then the [controls](#controls). In production a finding stops `pulumi up`; elsewhere it is advisory. The
pack's README describes what counts as production, how to change levels and options, and how to waive a finding.
"""


def listed() -> list[dict[str, Any]]:
    """Return every rule as plain data, for other programs."""
    return [
        {
            "id": rule.id,
            "cloud": rule.cloud,
            "topic": rule.topic,
            "severity": rule.severity,
            "description": rule.description,
            "rationale": rule.rationale,
            "fix": rule.fix,
            "controls": [control.key for control in rule.controls],
            "partly": sorted(rule.partly),
            "link": rule.link,
            "types": list(rule.types),
            "options": dict(rule.options),
            "levels": dict(rule.levels),
            "repairs": rule.repair is not None,
            "convention": rule.convention,
        }
        for rule in RULES.values()
    ]


def reference() -> str:
    """Return every rule, then every control with its rules, in Markdown."""
    lines = [_INTRODUCTION.format(count=len(RULES)), *_overview(), "", *_details(), *_matrix()]
    return "\n".join(lines).rstrip() + "\n"


def _overview() -> Iterator[str]:
    yield "| rule | severity | description |"
    yield "|---|---|---|"
    for rule in RULES.values():
        yield f"| [`{rule.id}`](#{rule.id}) | {rule.severity} | {_cell(rule.description)} |"


def _details() -> Iterator[str]:
    topic = ""
    for rule in RULES.values():
        heading = (
            f"{rule.cloud}, {rule.topic.replace('_', ' ')}" if rule.cloud != "any" else rule.topic.replace("_", " ")
        )
        if heading != topic:
            topic = heading
            yield f"## {topic}\n"
        yield f"### {rule.id}\n"
        yield f"{rule.description} {rule.rationale}".rstrip() + "\n"
        yield from _facts(rule)
        yield ""


def _facts(rule: Rule) -> Iterator[str]:
    yield f"- severity: {rule.severity}"
    yield f"- applies to: {', '.join(f'`{kind}`' for kind in rule.types)}"
    yield f"- fix: {rule.fix}"
    yield f"- controls: {', '.join(_claim(rule, control.key) for control in rule.controls)}"
    if rule.options:
        yield f"- options: {', '.join(f'`{key}` = `{_shown(value)}`' for key, value in rule.options.items())}"
    if rule.repair:
        yield f"- repaired at level `{Level.REMEDIATE}`"
    if rule.convention:
        yield "- a convention of Keystead, disabled by `profile: general`"
    if rule.levels:
        yield f"- level: {', '.join(f'{level} in {stage}' for stage, level in rule.levels.items())}"
    yield f"- [documentation]({rule.link})"


def _matrix() -> Iterator[str]:
    answering = defaultdict(list)
    for rule in RULES.values():
        for control in rule.controls:
            answering[control.key].append(rule)
    yield "## Controls\n"
    for key, framework in FRAMEWORKS.items():
        yield f"### {framework.name} ({framework.version})\n"
        yield f"[Publication]({framework.link}); source of the ids: {framework.source}.\n"
        yield "| control | requires | rules |"
        yield "|---|---|---|"
        for identity, title in framework.titles.items():
            claimed = f"{key}-{identity}"
            rules = ", ".join(_claim(rule, claimed, f"[`{rule.id}`](#{rule.id})") for rule in answering[claimed])
            if rules:
                yield f"| {identity} | {_cell(title)} | {rules} |"
        yield ""


def _claim(rule: Rule, control: str, shown: str = "") -> str:
    """Name a control, or what is shown for it; with what the rule covers a part of only."""
    return f"{shown or control} (in part)" if control in rule.partly else shown or control


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
