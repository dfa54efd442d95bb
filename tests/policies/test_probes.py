"""Small resources that are easy to judge wrongly: each is reported by its rule, or left alone by it."""

from datetime import date
from typing import Any

import pytest
from keystead_policies.engine.check import check
from keystead_policies.engine.resources.encoding import properties
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import RULES
from keystead_policies.engine.topics import load

from tests.policies.programs import HERE, declared, read

load()
PROBES: dict[str, Any] = read(HERE / "probes.yaml")
TODAY = date(2026, 11, 27)


def reported(probe: dict[str, Any]) -> set[str]:
    """Rules with a finding on the resources of a probe, in production."""
    resources = [
        Resource(each.type, each.name, each.urn, properties(each.properties), provider=properties(each.provider))
        for each in declared(probe["resources"])
    ]
    return {finding.rule.id for finding in check(resources, "prod", TODAY, "state.json").findings}


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_is_judged_right(name: str) -> None:
    probe = PROBES[name]
    assert (probe["rule"] in reported(probe)) == (probe["expected"] == "finding"), probe.get("because")


def test_probes_name_rules_and_expect_findings_and_silence() -> None:
    assert {probe["rule"] for probe in PROBES.values()} <= set(RULES)
    expected = [probe["expected"] for probe in PROBES.values()]
    assert set(expected) == {"finding", "silent"}
    assert len(expected) >= 157
