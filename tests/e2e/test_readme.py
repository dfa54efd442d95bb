"""The README: its commands run as they stand there, its component table is current."""

import re
import subprocess

import pytest
import yaml
from keystead.cli.reference import command_reference
from keystead.reference import with_table
from keystead.spec.loading import build

from tests.e2e.conftest import User
from tests.e2e.landscape import ROOT, Sandbox

README = (ROOT / "README.md").read_text()
EXECUTED = re.findall(r"<!-- executed -->\n```console\n(.*?)```", README, re.DOTALL)


def commands(block: str) -> list[str]:
    """The lines after a prompt."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def sandbox(destructive_landscape: User) -> Sandbox:
    return destructive_landscape.sandbox


def suggested(printed: str) -> list[str]:
    """The commands that `up` suggests, without their comments."""
    _, _, told = printed.partition("Try next:\n")
    return [line.split("  # ")[0].strip() for line in told.splitlines() if "  # " in line]


def test_component_table_is_current() -> None:
    assert with_table(README) == README, "run `make docs`"


def test_reference_of_the_commands_is_current() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == command_reference(), "run `make docs`"


def test_every_command_of_the_readme_runs_in_the_order_it_stands_there(sandbox: Sandbox) -> None:
    lines = [line for block in EXECUTED for line in commands(block)]
    assert len(lines) >= 8
    for line in lines:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=sandbox.project,
            env=sandbox.variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_the_commands_that_up_suggests_run_as_they_are_printed(destructive_landscape: User) -> None:
    commands = suggested(destructive_landscape.printed)
    assert len(commands) == 3
    user = destructive_landscape
    sandbox = Sandbox(user.sandbox.directory, user.sandbox.project, user.home)
    done = sandbox.must("bash", "-euo", "pipefail", "-c", "\n".join(commands))
    assert "payments-api-key" in done


def test_commands_that_need_a_real_account_or_another_process_are_the_only_ones_not_run() -> None:
    shown = [line for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) for line in commands(block)]
    left_out = [line for line in shown if not any(line in commands(block) for block in EXECUTED)]
    assert [line.split()[0] for line in left_out] == ["make", "make", "pulumi", "pulumi", "pulumi"]


def test_the_example_spec_of_the_readme_is_valid() -> None:
    (block,) = re.findall(r"```yaml\n(config:.*?)```", README, re.DOTALL)
    spec = build("prod", yaml.safe_load(block)["config"]["keystead:environment"], {})
    assert (spec.readers("aws"), spec.readers("gcp")) == (["checkout"], ["refunds"])


def test_make_targets_named_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make (\w+)`", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
