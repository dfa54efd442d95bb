"""Stacks with mistakes known from the world are stopped completely, and right ones pass without a word."""

from typing import Any

import pytest
from keystead_policies.engine.rule import RULES
from keystead_policies.engine.topics import load

from tests.policies.analyzer import Analyzer
from tests.policies.programs import HERE, declared, read

load()
BAD: list[dict[str, Any]] = [stack for path in sorted((HERE / "corpus").glob("bad_*.yaml")) for stack in read(path)]
GOOD: list[dict[str, Any]] = read(HERE / "corpus" / "good.yaml")


@pytest.mark.parametrize("stack", BAD, ids=lambda stack: stack["name"])
def test_a_known_mistake_is_stopped(analyzer: Analyzer, stack: dict[str, Any]) -> None:
    analyzer.configure("prod", stack.get("settings"))
    found = {each.rule for each in analyzer.judge(declared(stack["resources"])) if each.level == "mandatory"}
    assert set(stack["expects"]) <= found


@pytest.mark.parametrize("stack", GOOD, ids=lambda stack: stack["name"])
def test_a_right_stack_passes_without_a_word(analyzer: Analyzer, stack: dict[str, Any]) -> None:
    analyzer.configure("prod")
    assert [each.message for each in analyzer.judge(declared(stack["resources"]))] == []


def test_each_mistake_names_where_it_is_known_from() -> None:
    names = [stack["name"] for stack in [*BAD, *GOOD]]
    assert len(set(names)) == len(names)
    for stack in BAD:
        assert len(stack["source"]) > 10
        assert set(stack["expects"]) <= set(RULES)


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(BAD) >= 30
    assert len(GOOD) >= 10
