"""A check of an exported state without the engine: the command, its reports and its exit codes."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from keystead_policies.engine.rule import RULES
from keystead_policies.engine.topics import load

from tests import preloaded
from tests.policies.analyzer import PACK, Analyzer
from tests.policies.programs import SECRET, SIGNATURE, declared
from tests.policies.reports import against_github, against_junit, against_schema

load()
URN = "urn:pulumi:prod::shop::"
CANARY = "kestrel-1947"


def entry(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"{URN}{kind}::{name}", "type": kind, "custom": True, "id": name, "inputs": {}, **more}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    provider = entry("pulumi:providers:aws", "prod", inputs={"allowedAccountIds": '["333333333333"]'})
    stack = {"urn": f"{URN}pulumi:pulumi:Stack::shop-prod", "type": "pulumi:pulumi:Stack"}
    return {"version": 3, "deployment": {"resources": [stack, provider, *resources]}}


WRONG = state(
    entry("aws:kms/key:Key", "orders", inputs={"__defaults": ["isEnabled"], "description": "orders"}),
    entry(
        "aws:secretsmanager/secretVersion:SecretVersion",
        "orders",
        inputs={"secretString": {SIGNATURE: SECRET, "plaintext": json.dumps(CANARY)}},
    ),
)
RIGHT = state()
COMMON = {"owner": "payments", "ticket": "OPS-1", "reason": "moves", "until": "2026-12-31"}


class Command:
    """`python -m keystead_policies check`, in a folder of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, exported: object, *arguments: str) -> subprocess.CompletedProcess[str]:
        (self.directory / "state.json").write_text(exported if isinstance(exported, str) else json.dumps(exported))
        return self.run("check", "state.json", *arguments)

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        done = preloaded.run(
            ["-m", "keystead_policies", *arguments],
            cwd=self.directory,
            env={"PYTHONPATH": str(PACK)},
            given=given.encode(),
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def json(self, name: str) -> Any:
        return json.loads((self.directory / name).read_text())


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_a_state_with_findings_fails_and_a_right_one_passes(command: Command) -> None:
    wrong, right = command(WRONG), command(RIGHT)
    assert (wrong.returncode, right.returncode) == (1, 0), wrong.stderr + right.stderr
    told = "`enableKeyRotation` is not true, so KMS never rotates the key; set `enableKeyRotation` to true"
    assert f"aws-key-rotates: Key 'orders': {told}" in wrong.stdout
    assert "prod (production): 0 mandatory and 0 advisory findings" in right.stdout


def test_the_stack_named_on_the_command_line_decides_the_stage(command: Command) -> None:
    assert command(WRONG, "--stack", "dev").returncode == 0


def test_sarif_has_every_rule_and_each_finding_with_an_id_that_stays(command: Command) -> None:
    command(WRONG, "--sarif", "a.sarif")
    first = command.json("a.sarif")
    command(WRONG, "--sarif", "b.sarif")
    assert command.json("b.sarif") == first
    run = first["runs"][0]
    assert (first["version"], len(first["runs"])) == ("2.1.0", 1)
    assert first["$schema"].endswith("sarif-schema-2.1.0.json")
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    ids = [result["partialFingerprints"]["keysteadFinding/v1"] for result in run["results"]]
    assert len(set(ids)) == len(ids) > 0
    for result in run["results"]:
        place = result["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "state.json"
        assert place["logicalLocations"][0]["fullyQualifiedName"].startswith(URN)


@pytest.mark.parametrize("exported", [WRONG, RIGHT, {"version": 3, "deployment": {}}], ids=["wrong", "right", "empty"])
def test_reports_are_what_their_readers_ask_for(command: Command, exported: dict[str, Any]) -> None:
    waiver = {"rule": "aws-key-rotates", "resource": "orders", **COMMON}
    (command.directory / "settings.json").write_text(json.dumps({"waivers": {"moving": waiver}}))
    given = ("--settings", "settings.json", "--source", "stacks/the shop's.yaml", "--stack", "prod")
    done = command(exported, *given, "--sarif", "out.sarif", "--junit", "out.xml")
    assert done.returncode in {0, 1}, done.stderr
    assert against_schema(command.json("out.sarif")) == []
    assert against_github(command.json("out.sarif")) == []
    root = ET.parse(command.directory / "out.xml").getroot()  # noqa: S314 - written by the command under test
    assert against_junit(root) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda log: log["runs"][0]["results"][0].update(level="fatal"), "'fatal' is not one of"),
        (lambda log: log["runs"][0]["results"][0].update(rule_id="x"), "'rule_id' was unexpected"),
        (lambda log: log["runs"][0]["tool"]["driver"].pop("name"), "'name' is a required property"),
    ],
)
def test_a_wrong_sarif_would_be_noticed(command: Command, change: Callable[[Any], object], told: str) -> None:
    command(WRONG, "--sarif", "out.sarif")
    log = command.json("out.sarif")
    change(log)
    assert any(told in text for text in against_schema(log))


def test_a_state_on_standard_input_is_judged_with_the_settings_beside_it(command: Command) -> None:
    config = {"keystead-policies:settings": json.dumps({"rules": {"aws-key-rotates": "disabled"}})}
    given = json.dumps({**WRONG, "config": config})
    done = command.run("check", "-", "--quiet", "--json", "-", given=given)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    rules = {finding["rule"] for finding in told["findings"]}
    assert "aws-secret-version-has-no-value" in rules
    assert "aws-key-rotates" not in rules
    assert command.run("check", "-").stderr == "error: standard input is no JSON; write it with `pulumi stack export`\n"


def test_rules_are_listed_as_json(command: Command) -> None:
    assert [rule["id"] for rule in json.loads(command.run("rules").stdout)] == list(RULES)


def test_junit_has_a_case_per_rule_and_a_failure_where_up_would_stop(command: Command) -> None:
    command(WRONG, "--junit", "out.xml")
    root = ET.parse(command.directory / "out.xml").getroot()  # noqa: S314 - written by the command under test
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert set(cases) == set(RULES)
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert {"aws-key-rotates", "aws-secret-version-has-no-value"} <= failed
    assert "aws-function-url-is-authorized" not in failed
    assert sum(int(suite.get("failures", "0")) for suite in root) == len(failed)


def test_json_has_what_a_finding_is_about(command: Command) -> None:
    command(WRONG, "--json", "out.json")
    told = command.json("out.json")
    finding = next(each for each in told["findings"] if each["rule"] == "aws-key-rotates")
    assert (told["stack"], told["stage"], told["failed"]) == ("prod", "production", True)
    assert finding["resource"]["urn"] == f"{URN}aws:kms/key:Key::orders"
    assert "CIS-AWS-3.6" in finding["controls"]
    assert finding["level"] == "mandatory"


def test_no_report_shows_a_secrets_value(command: Command) -> None:
    done = command(WRONG, "--sarif", "a", "--junit", "b", "--json", "c")
    texts = [(command.directory / name).read_text() for name in "abc"]
    assert not any(CANARY in text for text in [*texts, done.stdout, done.stderr])
    assert "aws-secret-version-has-no-value" in done.stdout


def test_a_waived_finding_is_suppressed_with_its_reason(command: Command) -> None:
    rules = ("aws-key-rotates", "aws-key-has-alias", "aws-resource-is-tagged", "aws-resource-has-an-owner")
    settings = {"waivers": {rule: {"rule": rule, "resource": "*", **COMMON} for rule in rules}}
    (command.directory / "settings.json").write_text(json.dumps(settings))
    exported = state(entry("aws:kms/key:Key", "orders"))
    given = ("--settings", "settings.json", "--sarif", "out.sarif")
    assert command(exported, *given, "--today", "2026-12-31").returncode == 0
    results = command.json("out.sarif")["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == set(rules)
    for result in results:
        assert result["suppressions"][0]["justification"] == "moves (payments, OPS-1, until 2026-12-31)"
        assert result["level"] == "note"
    assert command(exported, *given, "--today", "2027-01-01").returncode == 1


def test_an_encrypted_value_in_a_state_is_named_and_not_taken_for_right(command: Command) -> None:
    policy = {SIGNATURE: SECRET, "ciphertext": "v1:abc"}
    done = command(state(entry("aws:kms/key:Key", "orders", inputs={"policy": policy})))
    assert "policy of Key 'orders' is held encrypted" in done.stdout


@pytest.mark.parametrize(
    ("exported", "arguments", "told"),
    [
        ("no json", (), "state.json is no JSON; write it with `pulumi stack export --file state.json`"),
        ({"resources": []}, (), "state.json has no deployment"),
        (state({"type": "aws:kms/key:Key"}), (), "state.json has a resource without urn or type"),
        ({**RIGHT, "config": []}, (), "beside the deployment, is []; write a map"),
        ({**RIGHT, "config": {"keystead-policies:settings": {"rules": {}}}}, (), "write a map as JSON text"),
        (RIGHT, ("--settings", "missing.json"), "missing.json"),
    ],
)
def test_a_wrong_question_is_answered_in_one_line(
    command: Command, exported: object, arguments: tuple[str, ...], told: str
) -> None:
    done = command(exported, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_state_is_judged_as_the_engine_judges_the_program(command: Command, analyzer: Analyzer) -> None:
    properties: dict[str, Any] = {"name": "prod/orders", "recoveryWindowInDays": 0, "kmsKeyId": "alias/prod/data"}
    kind = "aws:secretsmanager/secret:Secret"
    exported = state(entry(kind, "orders", inputs=properties, provider=f"{URN}pulumi:providers:aws::prod::prod"))
    command(exported, "--json", "out.json")
    offline = {(each["rule"], each["message"]) for each in command.json("out.json")["findings"]}
    analyzer.configure("prod")
    online = analyzer.judge(declared([{kind: {"$name": "orders", **properties}}]))
    assert offline == {(each.rule, each.message) for each in online}
