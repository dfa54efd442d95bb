"""Every rule, through the interface the engine uses: one program it leaves alone, one it stops."""

from typing import Any

import pytest
from keystead_policies.engine.rule import RULES
from keystead_policies.engine.topics import load

from tests.policies.analyzer import Analyzer
from tests.policies.programs import Declared, declared, rule_programs

load()
PROGRAMS = rule_programs()


def judged(analyzer: Analyzer, resources: list[Declared], rule: str, settings: dict[str, Any] | None) -> list[str]:
    analyzer.configure(settings=settings)
    found = analyzer.judge(resources)
    if rule != "values-are-known":
        waiting = [each.message for each in found if each.rule == "values-are-known" and f"{rule}," in each.message]
        assert not waiting, "the rule did not judge this program"
    return [each.message for each in found if each.rule == rule]


@pytest.mark.parametrize("rule", PROGRAMS)
def test_a_rule_leaves_a_right_program_alone(analyzer: Analyzer, rule: str) -> None:
    programs = PROGRAMS[rule]
    assert judged(analyzer, declared(programs["holds"]), rule, programs.get("settings")) == []


@pytest.mark.parametrize("rule", PROGRAMS)
def test_a_rule_stops_each_wrong_resource_in_one_line_with_name_value_and_fix(analyzer: Analyzer, rule: str) -> None:
    programs = PROGRAMS[rule]
    settings = programs.get("fails_with", programs.get("settings"))
    wrong = [each for each in declared(programs["fails"]) if each.type in RULES[rule].types]
    assert wrong, "no resource of the program is of a type this rule looks at"
    found = judged(analyzer, declared(programs["fails"]), rule, settings)
    assert any(programs["says"] in message for message in found), found
    for message in found:
        assert "\n" not in message
        assert message.split("; ", 1)[-1].startswith(RULES[rule].fix)
        assert "kestrel" not in message.lower(), "the message repeats a value"
    for resource in wrong:
        label = f"{resource.type.rsplit(':', 1)[-1]} {resource.name!r}: "
        assert any(message.startswith(label) for message in found), f"{resource} was not stopped"


def test_every_rule_has_its_programs_and_every_program_its_rule() -> None:
    assert set(PROGRAMS) == set(RULES)
