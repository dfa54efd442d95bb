"""The rule reference and the control matrix, out of the rules themselves."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from keystead_policies.engine.controls import FRAMEWORKS
from keystead_policies.engine.rule import RULES, Level, Rule
from keystead_policies.engine.topics import load

load()

_INTRODUCTION = """# Rules of the policy pack, and the controls they answer for

<!-- written by `python -m keystead_policies reference`; a test holds it current -->

{count} rules, then the [controls](#controls). In production a finding stops `pulumi up`; elsewhere it is advice. The
pack's README says what production is, how to change levels and options, and how to waive a finding.
"""


def listed() -> list[dict[str, Any]]:
    """Every rule as plain data, for other programs."""
    return [
        {
            "id": rule.id,
            "cloud": rule.cloud,
            "topic": rule.topic,
            "severity": rule.severity,
            "description": rule.description,
            "fix": rule.fix,
            "controls": [control.key for control in rule.controls],
            "link": rule.link,
            "types": list(rule.types),
            "options": dict(rule.options),
            "levels": dict(rule.levels),
            "repairs": rule.repair is not None,
        }
        for rule in RULES.values()
    ]


def reference() -> str:
    """Every rule, then every control with its rules, in Markdown."""
    lines = [_INTRODUCTION.format(count=len(RULES)), *_overview(), "", *_details(), *_matrix()]
    return "\n".join(lines).rstrip() + "\n"


def _overview() -> Iterator[str]:
    yield "| rule | severity | holds when |"
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
        yield f"{rule.description}\n"
        yield from _facts(rule)
        yield ""


def _facts(rule: Rule) -> Iterator[str]:
    yield f"- severity: {rule.severity}"
    yield f"- looks at: {', '.join(f'`{kind}`' for kind in rule.types)}"
    yield f"- to correct: {rule.fix}"
    yield f"- controls: {', '.join(control.key for control in rule.controls)}"
    if rule.options:
        yield f"- options: {', '.join(f'`{key}` = `{_shown(value)}`' for key, value in rule.options.items())}"
    if rule.repair:
        yield f"- repairs itself at level `{Level.REMEDIATE}`"
    if rule.levels:
        yield f"- level: {', '.join(f'{level} in {stage}' for stage, level in rule.levels.items())}"
    yield f"- [why]({rule.link})"


def _matrix() -> Iterator[str]:
    answering = defaultdict(list)
    for rule in RULES.values():
        for control in rule.controls:
            answering[control.key].append(rule.id)
    yield "## Controls\n"
    for key, framework in FRAMEWORKS.items():
        yield f"### {framework.name} ({framework.version})\n"
        yield f"[Published here]({framework.link}); ids read from: {framework.source}.\n"
        yield "| control | asks for | rules |"
        yield "|---|---|---|"
        for identity, title in framework.titles.items():
            rules = ", ".join(f"[`{rule}`](#{rule})" for rule in answering[f"{key}-{identity}"])
            if rules:
                yield f"| {identity} | {_cell(title)} | {rules} |"
        yield ""


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
