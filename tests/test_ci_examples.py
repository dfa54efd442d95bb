"""The pipelines in examples/ci: they parse, what they call exists, and they hold no long-lived key."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from keystead.cli.main import app
from keystead_sandbox.engine.engine import VERSION
from typer.main import get_command

ROOT = Path(__file__).parents[1]
CI = ROOT / "examples" / "ci"
ENVIRONMENTS = {file.name.split(".")[1] for file in (ROOT / "stacks").glob("Pulumi.*.yaml")}


def pipeline(name: str) -> dict[str, Any]:
    found = yaml.safe_load((CI / f"{name}.yml").read_text())
    job: dict[str, Any] = found["jobs"]["policies"] if name == "github" else found["policies"]
    return job


def script(name: str) -> str:
    job = pipeline(name)
    return "\n".join(step.get("run", "") for step in job["steps"]) if name == "github" else "\n".join(job["script"])


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_every_environment_is_previewed_with_the_pack_and_its_findings_are_kept(name: str) -> None:
    job, lines = pipeline(name), script(name).splitlines()
    matrix = job["strategy"]["matrix"]["environment"] if name == "github" else job["parallel"]["matrix"][0]["STACK"]
    assert set(matrix) == ENVIRONMENTS
    assert 'pulumi preview -s "$STACK" --policy-pack policies --non-interactive' in lines
    assert "--sarif keystead.sarif" in (CI / f"{name}.yml").read_text()


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_the_shell_in_it_is_valid_and_calls_what_exists(name: str) -> None:
    text = script(name)
    subprocess.run(["bash", "-n"], input=text, text=True, check=True, timeout=30)
    for target in re.findall(r"^make (\w+)$", text, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"--version (\S+)", text)) == {VERSION}
    assert all((ROOT / path).is_file() for path in re.findall(r"examples/ci/\S+\.sh", text))
    called = re.findall(r"^keystead (.+)$", text, re.MULTILINE)
    assert len(called) == 2
    for line in called:
        command: Any = get_command(app)
        words = line.split()
        while words and words[0] in getattr(command, "commands", {}):
            _, command, words = command.resolve_command(typer.Context(command), words)
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, words


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_nothing_in_it_is_a_credential_and_others_code_is_pinned(name: str) -> None:
    text = (CI / f"{name}.yml").read_text()
    assert "secrets." not in text
    assert not re.search(r"AWS_ACCESS_KEY|AWS_SECRET|credentials_json|PULUMI_ACCESS_TOKEN", text)
    for used in re.findall(r"uses: (\S+)(.*)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used[0])
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", used[1])


def test_googles_libraries_are_told_of_the_token_and_of_the_role() -> None:
    given = {"GCP_PROVIDER": "projects/1/locations/global/workloadIdentityPools/ci/providers/github"}
    given |= {"GCP_ACCOUNT": "ci@acme-prod.iam.gserviceaccount.com", "PATH": os.environ["PATH"]}
    command = ["sh", str(CI / "gcp-credentials.sh"), "oidc.token"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True, timeout=30)
    told = json.loads(done.stdout)
    assert told["audience"] == f"//iam.googleapis.com/{given['GCP_PROVIDER']}"
    assert told["service_account_impersonation_url"].endswith(f"/{given['GCP_ACCOUNT']}:generateAccessToken")
    assert told["credential_source"] == {"file": "oidc.token"}
