import json
import os
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from keystead_sandbox.engine import engine

from tests.components.cli.conftest import ROOT, Project

PACK = ROOT / "policies"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
CANARY = "kestrel-1947"
WAIVER = {"owner": "payments", "ticket": "OPS-1", "reason": "moves in March", "until": "2199-12-31"}


def resource(stack: str, kind: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:{stack}::keystead::{kind}::{name}",
        "custom": True,
        "id": name,
        "type": kind,
        "inputs": inputs,
    }


def exported(stack: str, *resources: dict[str, Any]) -> dict[str, Any]:
    root = {
        "urn": f"urn:pulumi:{stack}::keystead::pulumi:pulumi:Stack::keystead-{stack}",
        "type": "pulumi:pulumi:Stack",
    }
    return {"version": 3, "deployment": {"manifest": {"time": "2026-11-22T00:00:00Z"}, "resources": [root, *resources]}}


def wrong(stack: str = "prod", policy: dict[str, str] | None = None) -> dict[str, Any]:
    """A key that nothing rotates, and a policy that the state holds encrypted."""
    hidden = {SIGNATURE: SECRET, **(policy or {"ciphertext": f"v1:{CANARY}"})}
    return exported(
        stack,
        resource(stack, "aws:kms/key:Key", "orders", enableKeyRotation=False),
        resource(stack, "aws:kms/key:Key", "tokens", enableKeyRotation=True, policy=hidden),
    )


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with a stack file each for dev and prod, and a state of prod."""
    project.describe("dev")
    project.describe("prod", aws={"account": "333333333333"})
    (project.place / "prod.json").write_text(json.dumps(wrong()))
    return project


def settings(project: Project, stack: str, found: object, key: str = "keystead-policies:settings") -> None:
    path = project.stacks / f"Pulumi.{stack}.yaml"
    file = yaml.safe_load(path.read_text())
    before = file["config"].get(key)
    file["config"][key] = {**before, **found} if isinstance(before, dict) and isinstance(found, dict) else found
    path.write_text(yaml.safe_dump(file))


def check(project: Project, *arguments: str, **environment: str) -> Any:
    return project.run("policy", "check", "--pack", str(PACK), *arguments, **environment)


def document(project: Project, *arguments: str) -> Any:
    done = check(project, *arguments, "--json")
    assert done.stderr == ""
    return json.loads(done.stdout)


def found_by(told: Any, rule: str, name: str = "orders") -> Any:
    return next(each for each in told["findings"] if (each["rule"], each["resource"]["name"]) == (rule, name))


def test_findings_of_production_are_shown_what_stops_up_first_and_fail(shop: Project) -> None:
    done = check(shop, "--state", "prod.json")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("PROD  production, 3 resources: ")
    assert "\x1b" not in done.stdout
    rows = [line.split()[0] for line in lines[3:]]
    assert rows == sorted(rows, reverse=True)
    assert set(rows) == {"stops", "advice"}
    told = "`enableKeyRotation` is not true, so KMS never rotates the key; set `enableKeyRotation` to true"
    assert f"Key 'orders': {told}" in done.stdout


def test_the_same_findings_are_advice_elsewhere(shop: Project) -> None:
    (shop.place / "dev.json").write_text(json.dumps(wrong("dev")))
    told = document(shop, "--state", "dev.json")
    assert check(shop, "--state", "dev.json").returncode == 0
    assert (told["version"], told["stage"], told["failed"]) == (1, "development", False)
    assert found_by(told, "aws-key-rotates")["level"] == "advisory"


def test_a_stack_with_nothing_wrong_passes_and_says_so(shop: Project) -> None:
    (shop.place / "prod.json").write_text(json.dumps(exported("prod")))
    done = check(shop, "--state", "prod.json")
    assert (done.returncode, done.stdout) == (0, "PROD  production, 1 resources: nothing found\n")


def test_the_title_has_the_environments_colour_on_a_terminal_and_none_where_no_color_is_set(shop: Project) -> None:
    told = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    assert "\x1b[1;" in check(shop, "--state", "prod.json", **told).stdout
    assert "\x1b[1;3" not in check(shop, "--state", "prod.json", **told, NO_COLOR="1").stdout


def test_the_stack_files_settings_hold(shop: Project) -> None:
    settings(shop, "prod", {"rules": {"aws-key-rotates": "advisory"}})
    assert found_by(document(shop, "--state", "prod.json"), "aws-key-rotates")["level"] == "advisory"
    settings(shop, "prod", json.dumps({"rules": {"aws-key-rotates": "disabled"}}))
    assert not [
        each for each in document(shop, "--state", "prod.json")["findings"] if each["rule"] == "aws-key-rotates"
    ]


@pytest.mark.parametrize("key", ["keystead-policies:settings", "keystead:environment"])
def test_a_waived_finding_is_told_with_who_answers_for_it(shop: Project, key: str) -> None:
    waivers = {"moving": {"rule": "aws-key-rotates", "resource": "orders", **WAIVER}}
    settings(shop, "prod", {"waivers": waivers}, key)
    done = check(shop, "--state", "prod.json", "--sarif", "out.sarif")
    assert ", 1 waived" in done.stdout.splitlines()[0]
    (line,) = [line for line in done.stdout.splitlines() if "(waived until 2199-12-31 by payments, OPS-1)" in line]
    assert line.startswith("waived")
    told = json.loads((shop.place / "out.sarif").read_text())["runs"][0]["results"]
    assert [each["ruleId"] for each in told if "suppressions" in each] == ["aws-key-rotates"]


def test_reports_place_findings_in_the_stack_file_and_are_written_besides(shop: Project) -> None:
    done = check(shop, "--state", "prod.json", "--sarif", "out.sarif", "--junit", "out.xml")
    assert done.stdout.startswith("PROD")
    (run,) = json.loads((shop.place / "out.sarif").read_text())["runs"]
    places = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]}
    assert places == {"stacks/Pulumi.prod.yaml"}
    assert run["automationDetails"]["id"] == "keystead-policies/prod/"
    cases = ET.parse(shop.place / "out.xml").getroot().iter("testcase")  # noqa: S314 - written by the command under test
    assert any(case.find("failure") is not None for case in cases)


def test_what_the_state_holds_encrypted_is_named_and_shown_nowhere(shop: Project) -> None:
    before = {path.name for path in shop.place.iterdir()}
    done = check(shop, "--state", "prod.json", "--sarif", "out.sarif", "--junit", "out.xml", "--json")
    waits = found_by(json.loads(done.stdout), "values-are-known", "keystead-prod")
    assert "policy of Key 'tokens' is held encrypted" in waits["message"]
    texts = [done.stdout, done.stderr, *((shop.place / name).read_text() for name in ("out.sarif", "out.xml"))]
    assert not any(CANARY in text for text in texts)
    assert {path.name for path in shop.place.iterdir()} - before == {"out.sarif", "out.xml"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "error: name a stack with --stack S, or a file of `pulumi stack export` with --state FILE.\n"),
        (("--state", "no.json"), "error: --state no.json: cannot be read: No such file or directory.\n"),
        (
            ("--state", "stacks/base.yaml"),
            "error: stacks/base.yaml: is not JSON. Write it with `pulumi stack export --file FILE`.\n",
        ),
        (
            ("--state", "prod.json", "--stack", "dev"),
            "error: --state prod.json: is of the stack prod, not dev. Leave --stack out, or give prod.\n",
        ),
        (
            ("--stack", "prot"),
            "error: --stack prot: no Pulumi.prot.yaml in {stacks}; there are dev, prod. Did you mean 'prod'?\n",
        ),
        (("--state", "prod.json", "--sarif", "none/out"), "error: [Errno 2] No such file or directory: 'none/out'\n"),
    ],
)
def test_a_wrong_command_is_answered_in_one_line_that_says_what_to_do(
    shop: Project, arguments: tuple[str, ...], told: str
) -> None:
    done = check(shop, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == told.format(stacks=shop.stacks)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"rule": {}}, "keystead-policies:settings key is 'rule'; write one of environment"),
        ("[]", "keystead-policies:settings is []; write a map"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_allowed(shop: Project, found: object, told: str) -> None:
    settings(shop, "prod", found)
    done = check(shop, "--state", "prod.json")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert told in done.stderr


def test_a_pack_that_is_not_there_or_not_installed_says_how_to_get_it(shop: Project) -> None:
    done = shop.run("policy", "check", "--state", "prod.json")
    assert (
        done.stderr
        == f"error: {shop.place / 'policies'}: there is no policy pack. Give its directory with --pack DIR.\n"
    )
    (shop.place / "policies" / "keystead_policies").mkdir(parents=True)
    done = shop.run("policy", "check", "--state", "prod.json")
    assert done.returncode == 2
    assert "the policy pack's own interpreter is missing. Run `make install`" in done.stderr


def test_a_pack_that_breaks_is_told_without_what_it_held(shop: Project) -> None:
    pack = shop.place / "policies"
    (pack / "keystead_policies").mkdir(parents=True)
    (pack / ".venv" / "bin").mkdir(parents=True)
    (pack / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (pack / "keystead_policies" / "__main__.py").write_text(f"raise ValueError('{CANARY}')")
    done = shop.run("policy", "check", "--state", "prod.json")
    assert (done.returncode, done.stderr) == (2, f"error: {pack}: the policy pack ended with 1 (ValueError).\n")


@pytest.mark.parametrize("ended", ["kill -INT $$", "exit 130"])
def test_an_interrupt_that_the_pack_or_the_engine_takes_first_is_told_as_one(shop: Project, ended: str) -> None:
    pack = shop.place / "policies"
    (pack / "keystead_policies").mkdir(parents=True)
    for child in (pack / ".venv" / "bin" / "python", shop.place / "bin" / "pulumi"):
        child.parent.mkdir(parents=True)
        child.write_text(f"#!/bin/sh\n{ended}\n")
        child.chmod(0o700)
    found = [
        shop.run("policy", "check", "--state", "prod.json"),
        shop.run("policy", "check", "--stack", "prod", PATH=f"{shop.place / 'bin'}:{os.environ['PATH']}"),
    ]
    assert [(done.returncode, done.stdout, done.stderr) for done in found] == [(130, "", "interrupted\n")] * 2


def test_rules_are_listed_with_all_that_is_told_about_them(shop: Project) -> None:
    listed = shop.run("policy", "rules", "--pack", str(PACK))
    told = json.loads(shop.run("policy", "rules", "--pack", str(PACK), "--json").stdout)
    assert len(told) == len(listed.stdout.splitlines())
    (rule,) = [each for each in told if each["id"] == "aws-key-rotates"]
    assert (rule["cloud"], rule["topic"], rule["repairs"]) == ("aws", "encryption_keys", True)
    assert rule["fix"] == "set `enableKeyRotation` to true"
    assert f"aws-key-rotates (high): {rule['description']}\n" in listed.stdout


@pytest.fixture
def deployed(shop: Project) -> Project:
    """The state of prod in a backend of its own, and the engine to ask for it."""
    commands = shop.place / "bin"
    commands.mkdir()
    (commands / "pulumi").symlink_to(engine.find(lambda _line: None))
    (shop.place / "Pulumi.yaml").write_text("name: keystead\nruntime: yaml\nstackConfigDir: stacks\n")
    (shop.place / "state").mkdir()
    shop.environment.update(
        PATH=f"{commands}:{os.environ['PATH']}",
        PULUMI_HOME=str(shop.place / "home"),
        PULUMI_BACKEND_URL=f"file://{shop.place}/state?metadata=skip",
        PULUMI_SKIP_UPDATE_CHECK="true",
    )
    return shop


@pytest.mark.e2e
def test_the_state_of_a_stack_comes_from_the_engine(deployed: Project) -> None:
    pulumi(deployed, "stack", "init", "prod")
    state = wrong(policy={"plaintext": json.dumps(CANARY)})
    salt = yaml.safe_load((deployed.stacks / "Pulumi.prod.yaml").read_text())["encryptionsalt"]
    state["deployment"]["secrets_providers"] = {"type": "passphrase", "state": {"salt": salt}}
    (deployed.place / "clear.json").write_text(json.dumps(state))
    pulumi(deployed, "stack", "import", "--stack", "prod", "--force", "--file", "clear.json")
    told = document(deployed, "--stack", "prod")
    assert told == document(deployed, "--state", "prod.json")
    assert found_by(told, "aws-key-rotates")["level"] == "mandatory"
    assert "policy of Key 'tokens' is held encrypted" in found_by(told, "values-are-known", "keystead-prod")["message"]


@pytest.mark.e2e
def test_a_stack_the_engine_does_not_know_is_told_in_its_words(deployed: Project) -> None:
    done = check(deployed, "--stack", "prod")
    assert done.returncode == 2
    assert done.stderr.startswith("error: `pulumi stack export --stack prod` failed: ")
    assert "no stack named 'prod' found" in done.stderr


def test_without_the_engine_the_way_without_it_is_named(shop: Project) -> None:
    done = check(shop, "--stack", "prod", PATH=str(shop.place / "nothing"))
    assert done.returncode == 2
    assert "Install it, or give a state with --state FILE." in done.stderr


def pulumi(project: Project, *arguments: str) -> None:
    environment = project.settings(PULUMI_CONFIG_PASSPHRASE="")
    command = ["pulumi", *arguments, "--non-interactive"]
    done = subprocess.run(
        command, cwd=project.place, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
