"""Every text of every rule is a sentence of the maintained style."""

from collections.abc import Iterator
from typing import Any

import pytest
from keystead_policies.engine.rule import RULES, Rule
from keystead_policies.engine.topics import load
from keystead_policies.engine.waiver import FIELDS

from tests.policies import wording
from tests.policies.analyzer import Analyzer
from tests.policies.programs import declared, rule_programs
from tests.policies.test_properties import EARLIER, properties_of

load()
PROGRAMS = rule_programs()
TIERS = ("_low", "_standard", "_high", "_critical")
ALL = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


def services(rule: Rule) -> tuple[str, ...]:
    return wording.SERVICES[f"{rule.cloud}.{rule.topic}"]


@ALL
def test_a_description_is_a_control_statement_that_names_its_service(rule: Rule) -> None:
    assert wording.of_description(rule.description, services(rule), rule.options) == []


@ALL
def test_a_number_that_can_be_configured_is_in_the_description_with_its_default(rule: Rule) -> None:
    for name, value in rule.options.items():
        if isinstance(value, int) and not name.endswith(TIERS):
            assert f"`{name}`" in rule.description
            assert f"(default {value})" in rule.description


@ALL
def test_a_rationale_is_plain_sentences(rule: Rule) -> None:
    assert wording.of_words(rule.rationale) == []
    assert "{" not in rule.rationale
    assert not rule.rationale or (rule.rationale[0].isupper() or rule.rationale[0] == "`")
    assert not rule.rationale or rule.rationale.endswith(".")


@ALL
def test_a_fix_is_an_instruction_for_any_language(rule: Rule) -> None:
    assert wording.of_fix(rule.fix, rule.options) == []


@pytest.mark.parametrize("identity", PROGRAMS)
def test_a_message_names_its_resource_a_property_and_the_fix(analyzer: Analyzer, identity: str) -> None:
    programs, rule = PROGRAMS[identity], RULES[identity]
    resources = declared(programs["fails"])
    analyzer.configure(settings=programs.get("fails_with", programs.get("settings")))
    messages = [found for found in analyzer.judge(resources) if found.rule == identity]
    assert messages
    known = {name for kind in (*rule.types, *rule.reads) for name in _properties(kind)}
    known |= {name for resource in resources for name in _names(resource.properties)}
    for found in messages:
        kind, name = found.urn.split("::")[-2].rsplit(":", 1)[-1], found.urn.split("::")[-1]
        assert wording.of_message(found.message, kind, name, known) == []


def _properties(kind: str) -> set[str]:
    """Names of a type's properties; findings on the stack are about waivers, providers and values."""
    return {*FIELDS, "waiver", "provider"} if kind.startswith("pulumi:pulumi:") else _declared(kind)


def _declared(kind: str) -> set[str]:
    return set() if kind.startswith("pulumi:") or kind in EARLIER else set(properties_of(kind))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A trail records.", "does not begin with one of CloudTrail"),
        ("CloudTrail records.", "2 words, not 4 to 20"),
        ("CloudTrail logging is enabled", "is not one sentence"),
        ("CloudTrail logging is enabled. It records all.", "is not one sentence"),
        ("CloudTrail logging enabled for all trails.", "has no verb"),
        ("CloudTrail logs are kept for `days` days.", "names days, which is no option"),
        ("CloudTrail logging is what tells somebody.", "uses 'tells'"),
        ("CloudTrail logging is enabled by you.", "uses 'you'"),
    ],
)
def test_a_description_that_is_no_control_statement_is_noticed(text: str, told: str) -> None:
    assert any(each.startswith(told) for each in wording.of_description(text, wording.SERVICES["aws.audit"], ()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("set enableKeyRotation=true", "is worded for one language: 'n='"),
        ("set `enable_key_rotation` to true", "is worded for one language: 'enable_key_rotation'"),
        ("set `enableKeyRotation` to True", "is worded for one language: 'True'"),
        ("add an aws.kms.Alias that targets it", "is worded for one language: 'aws.kms.'"),
        ("`enableKeyRotation` is to be true", "does not begin with a verb"),
        ("set `policy` to what is meant", "uses 'meant'"),
        ("remove it; let rotation make the first value", "is not one clause"),
    ],
)
def test_a_fix_that_is_no_instruction_for_any_language_is_noticed(text: str, told: str) -> None:
    assert any(each.startswith(told) for each in wording.of_fix(text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("its material is never rotated; set `enableKeyRotation` to true", "does not begin with"),
        ("Key 'orders': its material is never rotated; set `enableKeyRotation` to true", "names no property"),
        ("Key 'orders': `enableKeyRotation` is not true", "has no fix"),
        ("Key 'orders': `enableKeyRotation` says no; set it to true", "uses 'says'"),
    ],
)
def test_a_message_without_resource_property_or_fix_is_noticed(text: str, told: str) -> None:
    assert any(each.startswith(told) for each in wording.of_message(text, "Key", "orders", {"enableKeyRotation"}))


def test_every_topic_has_its_services_and_every_entry_a_topic() -> None:
    assert set(wording.SERVICES) == {f"{rule.cloud}.{rule.topic}" for rule in RULES.values()}
