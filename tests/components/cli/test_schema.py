import json

from keystead.spec.json_schema import SCHEMA_FILE

from tests.components.cli.conftest import Project


def test_the_schema_is_printed_as_json(project: Project) -> None:
    done = project.run("schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["title"] == "Keystead environment"


def test_the_schema_is_written_beside_the_stack_files_and_left_alone_when_current(project: Project) -> None:
    project.describe("dev")
    first = project.run("schema", "--write")
    assert (first.returncode, first.stdout) == (0, f"stacks/{SCHEMA_FILE}: written\n")
    assert (project.stacks / SCHEMA_FILE).read_text() == project.run("schema").stdout
    assert project.run("schema", "--write").stdout == f"stacks/{SCHEMA_FILE}: was current\n"


def test_a_schema_that_cannot_be_written_says_where(project: Project) -> None:
    project.describe("dev")
    (project.stacks / SCHEMA_FILE).mkdir()
    done = project.run("schema", "--write")
    assert done.returncode == 2
    assert done.stderr == f"error: {project.stacks / SCHEMA_FILE}: cannot be written: Is a directory.\n"
