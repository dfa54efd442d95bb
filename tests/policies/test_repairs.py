"""Rules that repair: only where they are told to, only what they name, and the result passes."""

from typing import Any

import pytest
from google.protobuf import json_format
from keystead_policies.engine.rule import RULES
from keystead_policies.engine.topics import load

from tests.policies.analyzer import Analyzer
from tests.policies.programs import SECRET, SIGNATURE, Declared, declared, rule_programs

load()
REPAIRING = [identity for identity, rule in RULES.items() if rule.repair]


def repaired(analyzer: Analyzer, resource: Declared) -> dict[str, Any]:
    found = analyzer.remediate(resource)
    return json_format.MessageToDict(found[-1].properties) if found else {}


@pytest.mark.parametrize("rule", REPAIRING)
def test_what_a_rule_repairs_passes_that_rule(analyzer: Analyzer, rule: str) -> None:
    for wrong in declared(rule_programs()[rule]["fails"]):
        analyzer.configure("prod", {"rules": {rule: "remediate"}})
        properties = repaired(analyzer, wrong)
        assert properties, wrong
        analyzer.configure("prod")
        again = Declared(wrong.type, wrong.name, properties)
        assert [each.message for each in analyzer.judge([again]) if each.rule == rule] == []


def test_nothing_is_repaired_unless_told(analyzer: Analyzer) -> None:
    analyzer.configure("dev")
    assert repaired(analyzer, declared([{"aws:kms/key:Key": {}}])[0]) == {}


def test_a_right_resource_is_left_as_it_is(analyzer: Analyzer) -> None:
    analyzer.configure("dev", {"rules": {"aws-key-rotates": "remediate"}})
    assert repaired(analyzer, declared([{"aws:kms/key:Key": {"enableKeyRotation": True}}])[0]) == {}


def test_a_repair_keeps_other_tags_secrets_and_unknown_values(analyzer: Analyzer) -> None:
    rule = "aws-resource-is-tagged"
    given = {
        "description": {SIGNATURE: SECRET, "value": "kestrel-1947"},
        "policy": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "tags": {"team": "payments"},
    }
    analyzer.configure("prod", {"rules": {rule: "remediate"}})
    properties = repaired(analyzer, declared([{"aws:kms/key:Key": given}])[0])
    assert properties == {**given, "tags": {"keystead:environment": "prod", "team": "payments"}}


def test_a_rule_that_cannot_repair_stops_instead(analyzer: Analyzer) -> None:
    rule = "aws-secret-rotates"
    analyzer.configure("dev", {"rules": {rule: "remediate"}})
    found = [
        each
        for each in analyzer.judge(declared([{"aws:secretsmanager/secret:Secret": {}}], "dev"))
        if each.rule == rule
    ]
    assert [each.level for each in found] == ["mandatory"]
