"""Rules over the whole stack take time in proportion to the number of resources."""

import time
from datetime import date

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
FEW, MANY = 300, 1200
LINEAR = MANY / FEW
QUADRATIC = LINEAR**2


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


def seconds(rule: str, times: int) -> float:
    """The time of one rule alone."""
    resources = replicated(rule, times)
    rules = {each.id: {"level": "disabled"} for each in IN_STACK if each.id != rule}
    evaluation = Evaluation(settings("prod", {"rules": rules}), date(2026, 11, 27))
    begun = time.process_time()
    evaluation.of_stack(resources)
    return time.process_time() - begun


@pytest.mark.parametrize("rule", [rule.id for rule in IN_STACK])
def test_four_times_the_resources_take_about_four_times_as_long(rule: str) -> None:
    seconds(rule, 10)
    ratios = (seconds(rule, MANY) / max(seconds(rule, FEW), 0.001) for _ in range(3))
    assert any(ratio < (LINEAR + QUADRATIC) / 2 for ratio in ratios)
