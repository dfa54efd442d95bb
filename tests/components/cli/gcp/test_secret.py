import base64
import os
import subprocess

from tests.components.cli.conftest import Project
from tests.components.cli.google import NUMBER, PROJECT, GoogleProject, configured
from tests.components.cli.test_secret import CANARY

BRINGING = (
    "resourcemanager.projects.get",
    "secretmanager.secrets.get",
    "secretmanager.secrets.update",
    "secretmanager.versions.add",
    "secretmanager.versions.get",
)


def test_a_value_from_a_pipe_becomes_the_current_version_and_who_gets_it_is_said(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    done = project.run("secret", "put", "processor-key", "--env", on_gcp, given=f"{CANARY}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{on_gcp}-processor-key: version 1 is current.\n"
        f"Readers that get it: {on_gcp}-checkout@{PROJECT}.iam.gserviceaccount.com (mesh).\n"
    )
    assert google.read(f"{on_gcp}-processor-key") == CANARY


def test_the_value_before_stays_readable_as_the_previous_version(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    name = f"{on_gcp}-processor-key"
    for value in ("first", "second"):
        assert project.run("secret", "put", "processor-key", "--env", on_gcp, given=value).returncode == 0
    assert (google.read(name), google.read(name, "previous")) == ("second", "first")
    aliases = google.aliases(name)
    assert (aliases["current"], aliases["previous"], "pending" in aliases) == ("2", "1", False)
    assert [number for alias, number in aliases.items() if alias.startswith("since-")] == ["2"]


def test_who_may_bring_values_and_read_none_can_bring_one(google: GoogleProject, project: Project, on_gcp: str) -> None:
    bringer = google.user(f"{on_gcp}-brings", *BRINGING)
    configured(project.place, on_gcp, google, token_file=bringer)
    for value in ("first", CANARY):
        done = project.run("secret", "put", "processor-key", "--env", on_gcp, given=value)
        assert done.returncode == 0, done.stderr
    assert google.read(f"{on_gcp}-processor-key") == CANARY


def test_the_value_is_in_no_output_and_no_file(project: Project, on_gcp: str) -> None:
    before = set(project.place.rglob("*"))
    done = project.run("secret", "put", "processor-key", "--env", on_gcp, given=CANARY)
    assert done.returncode == 0, done.stderr
    assert set(project.place.rglob("*")) == before
    shown = done.stdout + done.stderr
    assert (CANARY in shown, base64.b64encode(CANARY.encode()).decode() in shown) == (False, False)


def test_a_refused_write_names_the_permission_and_not_the_value(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    looking = google.user(f"{on_gcp}-looks", *BRINGING[:2])
    configured(project.place, on_gcp, google, token_file=looking)
    done = project.run("secret", "put", "processor-key", "--env", on_gcp, given=CANARY)
    assert done.stderr == (
        f"error: {on_gcp}: access denied: these credentials may not call secretmanager.versions.add in project "
        f"{PROJECT}. The administrator of {on_gcp} may: {on_gcp}-administrator@{PROJECT}.iam.gserviceaccount.com.\n"
    )
    assert (done.returncode, done.stdout, google.states(f"{on_gcp}-processor-key")) == (1, "", [])


def test_a_project_with_another_number_is_refused_before_anything_is_written(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    file = project.stacks / f"Pulumi.{on_gcp}.yaml"
    file.write_text(file.read_text().replace(NUMBER, "999999999999"))
    done = project.run("secret", "put", "processor-key", "--env", on_gcp, given=CANARY)
    assert f"has the number {NUMBER}, but the environment lives in number 999999999999" in done.stderr
    assert (done.returncode, google.states(f"{on_gcp}-processor-key")) == (1, [])


def test_a_secret_that_is_not_there_says_how_to_bring_it_up(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    google.ok("DELETE", f"/v1/projects/{PROJECT}/secrets/{on_gcp}-processor-key")
    done = project.run("secret", "put", "processor-key", "--env", on_gcp, given=CANARY)
    assert done.stderr == (
        f"error: {on_gcp}: the secret {on_gcp}-processor-key is not deployed in project {PROJECT}. Bring it up first "
        f"with: pulumi up -s {on_gcp}\n"
    )
    assert done.returncode == 1


def test_the_value_is_in_no_debug_log_of_googles_client_either(project: Project, on_gcp: str) -> None:
    (project.place / "sitecustomize.py").write_text(
        "import logging\nlogging.basicConfig(level=logging.DEBUG, filename='debug.log')\n"
        "logging.getLogger('google').propagate = True\n"
    )
    path = f"{project.settings()['PYTHONPATH']}{os.pathsep}{project.place}"
    told = {"PYTHONPATH": path, "GOOGLE_SDK_PYTHON_LOGGING_SCOPE": "google"}
    done = project.started("secret", "put", "processor-key", "--env", on_gcp, given=CANARY, **told)
    assert done.returncode == 0, done.stderr
    logged = (project.place / "debug.log").read_text() + done.stderr
    assert "addVersion" in logged
    assert (CANARY in logged, base64.b64encode(CANARY.encode()).decode() in logged) == (False, False)


def test_two_values_at_once_leave_one_of_them_current_and_none_lost(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    command = project.command("secret", "put", "processor-key", "--env", on_gcp)
    running = [
        subprocess.Popen(command, cwd=project.place, env=project.settings(), stdin=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for number, process in enumerate(running):
        process.communicate(f"value-{number}", timeout=60)
    assert [process.returncode for process in running] == [0, 0]
    name = f"{on_gcp}-processor-key"
    assert {google.read(name), google.read(name, "previous")} == {"value-0", "value-1"}
    assert "pending" not in google.aliases(name)
