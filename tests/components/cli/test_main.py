import ast
import subprocess
import sys
import time
from typing import Any

import pytest
import typer
from keystead.cli.main import COMMANDS, app
from keystead.cli.terminal import progress

from tests.components.cli.conftest import ROOT, Project

PROBE = """
import runpy, sys
before = set(sys.modules)
sys.argv = ["keystead", *sys.argv[1:]]
try:
    runpy.run_module("keystead.cli", run_name="__main__")
finally:
    sys.stderr.write(repr(set(sys.modules) - before))
"""


def imported_by(project: Project, *arguments: str) -> set[str]:
    """Return the packages that the command has when it ends well, beyond what each process has."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=project.place,
        env=project.settings(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {name.partition(".")[0] for name in ast.literal_eval(done.stderr)}


def test_help_loads_neither_clouds_nor_the_spec_nor_tables(project: Project) -> None:
    found = imported_by(project, "--help")
    assert "typer" in found
    assert found & {"boto3", "botocore", "google", "pulumi", "pydantic", "yaml", "rich", "jinja2"} == set()


def test_check_loads_the_spec_and_no_cloud(project: Project) -> None:
    project.describe("dev")
    found = imported_by(project, "check")
    assert {"pydantic", "yaml"} <= found
    assert found & {"boto3", "botocore", "google", "pulumi", "rich", "jinja2", "jsonschema"} == set()


def group() -> tuple[Any, Any]:
    command = typer.main.get_command(app)
    return command, typer.Context(command, info_name="keystead")


def test_every_command_is_listed_with_one_whole_line_and_can_be_chosen() -> None:
    command, context = group()
    assert command.list_commands(context) == list(COMMANDS)
    for name, line in COMMANDS.items():
        _, chosen, rest = command.resolve_command(context, [name, "--help"])
        assert (chosen.name, chosen.get_short_help_str(), rest) == (name, line, ["--help"])
        assert chosen.help


def test_every_module_of_a_command_is_listed() -> None:
    modules = (ROOT / "components" / "keystead" / "cli" / "commands").glob("[!_]*.py")
    assert {path.stem for path in modules} == set(COMMANDS)


def test_names_of_commands_complete_with_their_lines() -> None:
    command, context = group()
    assert {item.value: item.help for item in command.shell_complete(context, "s")} == {
        name: COMMANDS[name] for name in ("status", "schema", "secret", "sandbox")
    }


def test_a_mistyped_command_is_told_the_closest_one(project: Project) -> None:
    done = project.run("stauts")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'status'" in done.stderr


def test_a_long_wait_is_told_on_standard_error_and_a_short_one_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("reading dev"):
        pass
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("keystead.cli.terminal.PATIENCE", 0.0)
    end, told = time.monotonic() + 30, ""
    with progress("reading dev"):
        while not told and time.monotonic() < end:
            time.sleep(0.01)
            told = capsys.readouterr().err
    assert (told, capsys.readouterr()) == ("reading dev ...\n", ("", ""))
