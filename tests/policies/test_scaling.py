"""Rules over the whole stack take steps in proportion to the number of resources; `make bench` has the times."""

import sys
from collections.abc import Callable
from datetime import date
from types import FrameType
from typing import Any

import pytest
from keystead_policies.engine.evaluation import Evaluation
from keystead_policies.engine.resources.encoding import properties
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import IN_STACK
from keystead_policies.engine.settings import settings
from keystead_policies.engine.topics import load

from tests.policies.programs import declared, rule_programs

load()
PROGRAMS = rule_programs()
FEW, MANY = 40, 160
LINEAR = MANY / FEW
QUADRATIC = LINEAR**2
TraceFunction = Callable[[FrameType, str, Any], Any]


def replicated(rule: str, times: int) -> list[Resource]:
    """The programs of a rule many times over, each with names of its own."""
    found = []
    for index in range(times):
        for each in declared([*PROGRAMS[rule]["holds"], *PROGRAMS[rule]["fails"]]):
            name = f"{each.name}-{index}"
            named = {key: value for key, value in each.properties.items() if isinstance(value, str) and key != "role"}
            texts = {key: f"{value}-{index}" for key, value in named.items()}
            urn = f"urn:pulumi:prod::shop::{each.type}::{name}"
            found.append(Resource(each.type, name, urn, properties({**each.properties, **texts})))
    return found


def steps(rule: str, times: int) -> int:
    """How many lines of Python one rule alone runs: the same on every machine, as times are not."""
    resources = replicated(rule, times)
    rules = {each.id: {"level": "disabled"} for each in IN_STACK if each.id != rule}
    evaluation = Evaluation(settings("prod", {"rules": rules}), date(2026, 11, 27))
    count = 0

    def step(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        evaluation.of_stack(resources)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("rule", [rule.id for rule in IN_STACK])
def test_four_times_the_resources_take_about_four_times_the_steps(rule: str) -> None:
    steps(rule, 2)  # what is kept for all later evaluations is made once
    assert steps(rule, MANY) < steps(rule, FEW) * (LINEAR + QUADRATIC) / 2
