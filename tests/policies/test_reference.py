"""Rules, what is told about them, and what is generated from them belong together."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from keystead_policies.engine.controls import FRAMEWORKS
from keystead_policies.engine.rule import RULES, Rule
from keystead_policies.engine.topics import TOPICS
from keystead_policies.reports.reference import reference
from keystead_policies.version import VERSION

from tests.policies.analyzer import PACK, Analyzer

PROJECT = tomllib.loads((PACK / "pyproject.toml").read_text())["project"]
SOURCES = sorted((PACK / "keystead_policies").rglob("*.py"))


def test_the_rule_reference_is_current() -> None:
    assert (PACK.parent / "docs" / "policies.md").read_text() == reference(), "run `make docs`"


def test_the_packs_readme_leads_to_the_rule_reference() -> None:
    links = re.findall(r"\]\(([^)#]+\.md)", (PACK / "README.md").read_text())
    assert "../docs/policies.md" in links
    assert all((PACK / link).is_file() for link in links)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_says_what_holds_how_to_correct_it_and_which_controls_ask_for_it(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z`].*\.", rule.description), "one or two sentences"
    assert len(rule.description) <= 200
    assert re.match(r"[a-z`]", rule.fix), "a clause, to be put after a semicolon"
    assert not rule.fix.endswith(".")
    assert rule.controls, "at least one control"
    assert rule.link.startswith("https://")
    assert (rule.check is None) != (rule.stack_check is None)
    assert rule.types


def test_there_are_rules_enough_for_both_clouds() -> None:
    clouds = [rule.cloud for rule in RULES.values()]
    assert len(RULES) >= 60
    assert min(clouds.count("aws"), clouds.count("gcp")) >= 30


def test_every_control_of_the_catalogue_is_answered_by_a_rule() -> None:
    answered = {control.key for rule in RULES.values() for control in rule.controls}
    listed = {f"{key}-{identity}" for key, framework in FRAMEWORKS.items() for identity in framework.titles}
    assert listed == answered


def test_a_control_that_a_rule_covers_in_part_says_so_in_the_reference() -> None:
    text = reference()
    partly = [(rule.id, key) for rule in RULES.values() for key in rule.partly]
    assert ("aws-function-is-not-public", "FSBP-Lambda.1") in partly
    for identity, key in partly:
        framework = next(name for name in FRAMEWORKS if key.startswith(f"{name}-"))
        (row,) = re.findall(
            rf"^\| {re.escape(key.removeprefix(f'{framework}-'))} \|.*{identity}.*$", text, re.MULTILINE
        )
        assert f"[`{identity}`](#{identity}) (in part)" in row
        assert f"{key} (in part)" in text


def test_every_topic_is_imported() -> None:
    packages = ((PACK / "keystead_policies" / "rules" / cloud, cloud) for cloud in ("aws", "gcp"))
    found = {f"{cloud}.{path.stem}" for package, cloud in packages for path in package.glob("*.py") if _rules(path)}
    assert found == {topic for topic in TOPICS if "." in topic}


def _rules(path: Path) -> bool:
    return "@rule(" in path.read_text() or "@stack_rule(" in path.read_text()


def test_the_engine_is_told_every_rule_with_severity_link_fix_and_level(analyzer: Analyzer) -> None:
    told = {policy.name: policy for policy in analyzer.configure("prod").policies}
    assert set(told) == set(RULES)
    for identity, rule in RULES.items():
        policy = told[identity]
        assert (policy.description, policy.remediation_steps, policy.url) == (rule.description, rule.fix, rule.link)
        assert policy.severity, identity
        assert list(policy.tags) == [control.key for control in rule.controls]
        assert set(policy.configSchema.properties) == set(rule.options)


def test_only_the_analyzer_needs_pulumi() -> None:
    importing = {path.stem for path in SOURCES if {"pulumi", "pulumi_policy", "google", "grpc"} & _imported(path)}
    assert importing == {"analyzer"}


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_the_pack_knows_no_component_and_no_stack_of_this_project() -> None:
    own = {"keystead", "sandbox", "stacks"}
    assert not any(own & _imported(path) for path in SOURCES)


def test_the_version_is_the_same_everywhere() -> None:
    for file in ("PulumiPolicy.yaml", "keystead_policies/pack/PulumiPolicy.yaml"):
        assert f"version: {VERSION}\n" in (PACK / file).read_text()
    assert PROJECT["version"] == VERSION


def test_the_lock_has_hashes_and_names_no_index() -> None:
    lock = (PACK / "requirements.txt").read_text()
    wanted = [each for each in PROJECT["dependencies"] if "==" in each]
    pins = re.findall(r"^([a-z0-9-]+==\S+)", lock, re.MULTILINE)
    assert wanted
    assert set(wanted) <= set(pins)
    assert lock.count("--hash=sha256:") >= len(pins)
    assert "://" not in lock
