"""What settings, waivers, levels and unknown values do, through the interface the engine uses."""

import json
from typing import Any

import grpc
import pytest
from keystead_policies.engine.rule import RULES

from tests.policies.analyzer import Analyzer, Diagnostic, running
from tests.policies.programs import UNKNOWN, declared

KEY = {"aws:kms/key:Key": {"$name": "orders", "description": "orders"}}
WAIVER = {
    "rule": "aws-key-rotates",
    "resource": "orders",
    "owner": "payments",
    "ticket": "OPS-1",
    "reason": "moves to another key",
    "until": "2199-12-31",
}


def of(found: list[Diagnostic], rule: str) -> Diagnostic | None:
    return next((each for each in found if each.rule == rule), None)


def level(
    analyzer: Analyzer, stack: str, settings: dict[str, Any] | None = None, **config: dict[str, Any]
) -> str | None:
    analyzer.configure(stack, settings, {key.replace("_", "-"): value for key, value in config.items()})
    found = of(analyzer.judge(declared([KEY], stack)), "aws-key-rotates")
    return found.level if found else None


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("prod", "mandatory"),
        ("acme-prod", "mandatory"),
        ("production-eu", "mandatory"),
        ("dev", "advisory"),
        ("qa", "advisory"),
    ],
)
def test_findings_stop_production_and_advise_elsewhere(analyzer: Analyzer, stack: str, expected: str) -> None:
    assert level(analyzer, stack) == expected


def test_settings_name_the_stage_of_a_stack_and_the_level_of_a_stage(analyzer: Analyzer) -> None:
    assert level(analyzer, "blue", {"environments": {"blue": "production"}}) == "mandatory"
    assert (
        level(analyzer, "prod", {"environments": {"prod": "rehearsal"}, "levels": {"rehearsal": "advisory"}})
        == "advisory"
    )
    assert level(analyzer, "dev", {"levels": {"development": "mandatory"}}) == "mandatory"
    assert level(analyzer, "prod", {"rules": {"aws-key-rotates": "advisory"}}) == "advisory"
    assert level(analyzer, "prod", {"rules": {"aws-key-rotates": "disabled"}}) is None


def test_the_general_profile_leaves_out_what_only_stacks_made_with_keystead_have(analyzer: Analyzer) -> None:
    secret = {"aws:secretsmanager/secret:Secret": {"name": "payments"}}
    conventions = {rule.id for rule in RULES.values() if rule.convention}
    tagging = "aws-resource-is-tagged"
    found = {}
    for profile, rules in (("keystead", {}), ("general", {}), ("general", {tagging: "mandatory"})):
        analyzer.configure("prod", {"profile": profile, "rules": rules})
        found[profile, bool(rules)] = {each.rule for each in analyzer.judge(declared([secret]))}
    assert tagging in found["keystead", False] & conventions
    assert not found["general", False] & conventions
    assert found["keystead", False] - conventions == found["general", False]
    assert found["general", True] & conventions == {tagging}


def test_the_engines_own_configuration_wins_over_settings(analyzer: Analyzer) -> None:
    config = {"aws_key_rotates": {"enforcementLevel": "advisory"}}
    assert level(analyzer, "prod", {"rules": {"aws-key-rotates": "mandatory"}}, **config) == "advisory"


def test_options_come_from_settings_and_from_the_engines_configuration(analyzer: Analyzer) -> None:
    program = declared([{"aws:kms/key:Key": {"enableKeyRotation": True, "rotationPeriodInDays": 200}}])
    rule = "aws-key-rotates-within-its-period"
    analyzer.configure("prod", {"rules": {rule: {"max_days": 180}}})
    found = of(analyzer.judge(program), rule)
    assert found
    assert "`rotationPeriodInDays` is 200, at most 180 is allowed" in found.message
    analyzer.configure("prod", {"rules": {rule: {"max_days": 180}}}, {rule: {"max_days": 365}})
    assert of(analyzer.judge(program), rule) is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"rule": {}}, "key is 'rule'; write one of environment, environments, levels"),
        ({"profile": "foreign"}, "profile is 'foreign'; write one of keystead, general"),
        ({"levels": {"production": "strict"}}, "levels.production is 'strict'; write one of advisory, mandatory"),
        ({"rules": {"aws-keys-rotate": "disabled"}}, "rules is 'aws-keys-rotate'; write the id of a rule"),
        ({"rules": {"aws-key-rotates": {"days": 1}}}, "rules.aws-key-rotates is 'days'; write one of level"),
        ({"waivers": ["x"]}, "waivers is ['x']; write a map"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_allowed(
    analyzer: Analyzer, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        analyzer.configure("prod", settings)
    assert told in refused.value.details()


def test_a_waived_finding_is_told_and_stops_nothing(analyzer: Analyzer) -> None:
    analyzer.configure("prod", {"waivers": {"moving": WAIVER}})
    found = of(analyzer.judge(declared([KEY])), "aws-key-rotates")
    assert found
    assert found.level == "advisory"
    assert found.message.endswith("(waived until 2199-12-31 by payments, OPS-1)")


def test_a_waiver_covers_its_rule_and_its_resources_only(analyzer: Analyzer) -> None:
    analyzer.configure("prod", {"waivers": {"moving": WAIVER}})
    found = analyzer.judge(declared([KEY, {"aws:kms/key:Key": {"$name": "invoices"}}]))
    levels = {(each.rule, each.urn.rsplit("::", 1)[-1]): each.level for each in found}
    assert levels["aws-key-rotates", "orders"] == "advisory"
    assert levels["aws-key-rotates", "invoices"] == "mandatory"
    assert levels["aws-key-has-alias", "orders"] == "mandatory"


def test_waivers_in_the_spec_of_an_environment_count_beside_those_of_the_settings(analyzer: Analyzer) -> None:
    unused = {**WAIVER, "resource": "nothing"}
    spec = json.dumps({"tier": "critical", "waivers": {"moving": {**WAIVER, "until": "2020-12-31"}, "old": unused}})
    analyzer.configure("prod", {"waivers": {"moving": WAIVER}}, spec=spec)
    found = analyzer.judge(declared([KEY]))
    waived = of(found, "aws-key-rotates")
    assert waived
    assert (waived.level, waived.message.endswith("(waived until 2199-12-31 by payments, OPS-1)")) == ("advisory", True)
    (told,) = [each.message for each in found if each.rule == "waiver-is-used"]
    assert told.startswith("Stack 'shop-prod': waiver 'old' of payments (OPS-1) waives nothing; remove the waiver")


@pytest.mark.parametrize("spec", ["critical", "[]", '{"waivers": ["moving"]}'])
def test_a_spec_that_is_none_waives_nothing_and_is_left_to_its_program(analyzer: Analyzer, spec: str) -> None:
    analyzer.configure("prod", spec=spec)
    found = of(analyzer.judge(declared([KEY])), "aws-key-rotates")
    assert found
    assert found.level == "mandatory"


def test_past_its_last_day_a_waiver_fails_and_its_finding_counts_again(analyzer: Analyzer) -> None:
    analyzer.configure("prod", {"waivers": {"moving": {**WAIVER, "until": "2020-12-31"}}})
    found = analyzer.judge(declared([KEY]))
    again, ended = of(found, "aws-key-rotates"), of(found, "waiver-has-not-ended")
    assert again
    assert ended
    assert (again.level, ended.level) == ("mandatory", "mandatory")
    assert again.message.endswith("(its waiver 'moving' ended on 2020-12-31)")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"owner": ""}, "has no owner"),
        ({"until": "soon"}, "ends on 'soon', which is no date like 2027-03-31"),
        ({"rule": "aws-keys"}, "names the rule 'aws-keys', which does not exist"),
        ({"expires": "2027-01-01"}, "has expires, which is none of rule, resource, owner"),
    ],
)
def test_a_waiver_that_is_not_complete_waives_nothing_and_fails(
    analyzer: Analyzer, change: dict[str, str], told: str
) -> None:
    analyzer.configure("prod", {"waivers": {"moving": {**WAIVER, **change}}})
    found = analyzer.judge(declared([KEY]))
    wrong, finding = of(found, "waiver-is-complete"), of(found, "aws-key-rotates")
    assert wrong
    assert finding
    assert told in wrong.message
    assert (wrong.level, finding.level) == ("mandatory", "mandatory")


def test_settings_come_from_the_file_that_the_environment_names(tmp_path: Any) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("rules: {aws-key-rotates: advisory}\n")
    with running({"KEYSTEAD_POLICY_SETTINGS": str(file)}) as analyzer:
        assert level(analyzer, "prod") == "advisory"
        assert level(analyzer, "prod", {"rules": {"aws-key-rotates": "mandatory"}}) == "mandatory"


def test_what_is_not_known_yet_is_said_once_and_is_no_finding(analyzer: Analyzer) -> None:
    analyzer.configure("prod")
    found = analyzer.judge(declared([{"aws:kms/key:Key": {"$name": "orders", "policy": UNKNOWN}}]))
    assert [each.rule for each in found if "policy" in each.rule] == []
    told = [each for each in found if each.rule == "values-are-known"]
    assert len(told) == 1
    assert told[0].level == "advisory"
    assert "policy of Key 'orders' is not known yet" in told[0].message
    assert "aws-key-policy-is-not-public" in told[0].message


def test_a_waiver_of_a_rule_that_could_not_judge_is_not_called_unused(analyzer: Analyzer) -> None:
    waiver = {**WAIVER, "rule": "aws-key-policy-is-not-public"}
    analyzer.configure("prod", {"waivers": {"moving": waiver}})
    found = analyzer.judge(declared([{"aws:kms/key:Key": {"$name": "orders", "policy": UNKNOWN}}]))
    assert of(found, "waiver-is-used") is None


def test_a_value_in_a_secret_policy_is_judged_and_never_shown(analyzer: Analyzer) -> None:
    text = '{"Statement": [{"Sid": "kestrel", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt"}]}'
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": text}
    analyzer.configure("prod")
    found = of(analyzer.judge(declared([{"aws:kms/key:Key": {"policy": secret}}])), "aws-key-policy-is-not-public")
    assert found
    assert "[secret]" in found.message
    assert "kestrel" not in found.message


def test_a_policy_that_is_no_json_is_judged_as_an_empty_one(analyzer: Analyzer) -> None:
    analyzer.configure("prod")
    for text in (
        "no json",
        "[]",
        '{"Statement": 7}',
        '{"Statement": ["x"]}',
        '{"Statement": [{"Principal": 7, "Action": {}}]}',
    ):
        found = analyzer.judge(declared([{"aws:kms/key:Key": {"policy": text}}]))
        assert of(found, "aws-key-policy-keeps-an-owner"), text
