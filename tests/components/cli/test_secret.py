import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.components.cli.conftest import ACCOUNT, Account, Project

ATTACH = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal the one the process belongs to, which hidden prompts open as /dev/tty, and becomes the command."""
CANARY = "canary-7d1f-of-the-card-processor"


def stored(account: Account, name: str, stage: str = "AWSCURRENT") -> str:
    value: str = account.client("secretsmanager").get_secret_value(SecretId=name, VersionStage=stage)["SecretString"]
    return value


def versions(account: Account, name: str) -> list[list[str]]:
    found = account.client("secretsmanager").list_secret_version_ids(SecretId=name)["Versions"]
    return sorted(version["VersionStages"] for version in found)


def test_a_value_from_a_pipe_becomes_the_current_one_and_who_gets_it_is_said(
    account: Account, project: Project, environment: str
) -> None:
    done = project.run("secret", "put", "processor-key", "--env", environment, given=f"{CANARY}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        f"{environment}/processor-key: version [0-9a-f-]{{36}} is current.\n"
        rf"Readers that get it: {environment}-checkout-reader \(mesh\).\n",
        done.stdout,
    )
    assert stored(account, f"{environment}/processor-key") == CANARY


def test_the_value_before_stays_readable_as_the_previous_one(
    account: Account, project: Project, environment: str
) -> None:
    for value in ("first", "second"):
        assert project.run("secret", "put", "processor-key", "--env", environment, given=value).returncode == 0
    name = f"{environment}/processor-key"
    assert (stored(account, name), stored(account, name, "AWSPREVIOUS")) == ("second", "first")


def test_a_previous_value_that_is_still_readable_is_not_ended_unless_that_is_asked_for(
    account: Account, project: Project, environment: str
) -> None:
    put, name = ("secret", "put", "processor-key", "--env", environment), f"{environment}/processor-key"
    for value in ("first", "second"):
        project.run(*put, given=value)
    refused = project.run(*put, given="third")
    assert f"keystead secret put processor-key --env {environment} --end-previous" in refused.stderr
    assert (refused.returncode, stored(account, name), stored(account, name, "AWSPREVIOUS")) == (1, "second", "first")
    done = project.run(*put, "--end-previous", given="third")
    assert (done.returncode, stored(account, name, "AWSPREVIOUS")) == (0, "second")


def test_the_value_is_in_no_output_no_file_and_no_debug_log(project: Project, environment: str) -> None:
    (project.place / "sitecustomize.py").write_text(
        "import logging\nlogging.basicConfig(level=logging.DEBUG, filename='debug.log')\n"
    )
    path = f"{project.settings()['PYTHONPATH']}{os.pathsep}{project.place}"
    done = project.started("secret", "put", "processor-key", "--env", environment, given=CANARY, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    logged = (project.place / "debug.log").read_text()
    assert "PutSecretValue" in logged
    assert "[redacted]" in logged
    written = "".join(file.read_text(errors="replace") for file in project.place.rglob("*") if file.is_file())
    assert CANARY not in done.stdout + done.stderr + written


def test_a_failed_write_does_not_show_the_value(account: Account, project: Project, environment: str) -> None:
    user = account.user(f"{environment}-looker", "secretsmanager:DescribeSecret")
    done = project.run("secret", "put", "processor-key", "--env", environment, given=CANARY, **user)
    assert done.stderr == (
        f"error: {environment}: access denied: these credentials may not call secretsmanager:PutSecretValue. "
        f"The administrator role of {environment} may.\n"
    )
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    "extra", [[CANARY], ["--value", CANARY], [f"--value={CANARY}"], [f"-{CANARY}"], ["--", CANARY]]
)
def test_a_value_among_the_arguments_is_refused_and_not_repeated(
    account: Account, project: Project, environment: str, extra: list[str]
) -> None:
    before = versions(account, f"{environment}/processor-key")
    done = project.run("secret", "put", "processor-key", "--env", environment, *extra, given="other")
    assert done.stderr == (
        "error: only NAME, --env, --end-previous and --stacks can be given as arguments. If the rest was meant as the "
        "value: arguments are seen by every process of this machine and kept in the shell's history, so treat that "
        "value as leaked. "
        "Nothing was written; give the value on standard input, or run without one to be asked for it.\n"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert versions(account, f"{environment}/processor-key") == before


def test_a_value_in_the_place_of_the_name_is_not_repeated(project: Project) -> None:
    project.describe("dev")
    done = project.run("secret", "put", f"pay_{CANARY}", "--env", "dev")
    assert "NAME is not the name of a secret" in done.stderr
    assert (done.returncode, CANARY in done.stdout + done.stderr) == (2, False)


def test_the_wrong_account_is_refused_before_anything_is_asked_or_written(account: Account, project: Project) -> None:
    name = f"{ACCOUNT[:3]}-elsewhere".replace("1", "e")
    project.describe(name, aws={"account": "999999999999"})
    account.deploy(name)
    before = versions(account, f"{name}/processor-key")
    done = project.run("secret", "put", "processor-key", "--env", name, given=CANARY, **account.credentials)
    assert done.stderr == (
        f"error: {name}: the default AWS credentials belong to account {ACCOUNT}, but the environment lives in "
        "999999999999. Nothing was read or written. Give credentials of 999999999999, best as an AWS profile named "
        f"{name!r}.\n"
    )
    assert (done.returncode, done.stdout, versions(account, f"{name}/processor-key")) == (1, "", before)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("processor-kye", "error: dev: the spec has no secret of that name. Did you mean 'processor-key'?\n"),
        ("x", "error: dev: the spec has no secret of that name. It has processor-key, session-secret.\n"),
        (
            "session-secret",
            (
                "error: dev: the rotator 'random' makes the values of session-secret, so none can be stored by hand. "
                "After a leak, rotate it at once: keystead rotate session-secret --env dev. To provide its values by "
                "hand from now on, change its rotation.rotator to manual.\n"
            ),
        ),
    ],
)
def test_only_secrets_that_a_person_brings_can_be_put(project: Project, name: str, text: str) -> None:
    project.describe("dev")
    done = project.run("secret", "put", name, "--env", "dev", given=CANARY)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", text)


def test_a_secret_that_is_not_deployed_says_how_to_bring_it_up(account: Account, project: Project) -> None:
    project.describe("fresh")
    done = project.run("secret", "put", "processor-key", "--env", "fresh", given=CANARY, **account.credentials)
    assert done.stderr == (
        "error: fresh: the secret fresh/processor-key is not deployed. Bring it up first with: pulumi up -s fresh\n"
    )
    assert done.returncode == 1


def test_a_deleted_secret_is_restored_and_its_stack_takes_it_over_as_printed(
    account: Account, project: Project, environment: str
) -> None:
    (project.place / "Pulumi.yaml").write_text("name: shop\n")
    store, name = account.client("secretsmanager"), f"{environment}/processor-key"
    arn = store.delete_secret(SecretId=name, RecoveryWindowInDays=7)["ARN"]
    done = project.run("secret", "restore", "processor-key", "--env", environment)
    urn = f"urn:pulumi:{environment}::shop::"
    parent = "keystead:index:Environment$keystead:aws:Environment$keystead:aws:Secret::processor-key"
    assert done.stdout == (
        f"{name}: restored. Its stack takes it over with:\n"
        f"pulumi import aws:secretsmanager/secret:Secret processor-key {arn} --parent 'component={urn}{parent}' "
        f"--provider 'aws={urn}pulumi:providers:aws::{environment}' --protect=false --generate-code=false --yes "
        f"-s {environment}\npulumi up -s {environment}\n"
    )
    assert "DeletedDate" not in store.describe_secret(SecretId=name)
    again = project.run("secret", "restore", "processor-key", "--env", environment)
    assert again.stderr == f"error: {environment}: the secret {name} is not deleted, so there is nothing to restore.\n"
    assert again.returncode == 2


def test_a_secret_in_its_recovery_window_is_not_written(account: Account, project: Project, environment: str) -> None:
    name = f"{environment}/processor-key"
    account.client("secretsmanager").delete_secret(SecretId=name, RecoveryWindowInDays=7)
    done = project.run("secret", "put", "processor-key", "--env", environment, given=CANARY)
    assert f"error: {environment}: the secret {name} is in its recovery window until 2" in done.stderr
    assert f"Restore it first with: keystead secret restore processor-key --env {environment}\n" in done.stderr
    assert done.returncode == 1


def test_an_empty_value_is_refused_and_nothing_is_written(account: Account, project: Project, environment: str) -> None:
    before = versions(account, f"{environment}/processor-key")
    done = project.run("secret", "put", "processor-key", "--env", environment, given="\n")
    assert (done.returncode, done.stderr) == (2, "error: the value is empty. Nothing was written.\n")
    assert versions(account, f"{environment}/processor-key") == before


class Terminal:
    """A person at a terminal: waits for a question, then types."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", ATTACH, *project.command(*arguments)],
            cwd=project.place,
            env=project.settings(TERM="xterm"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def wait_for(self, text: str, times: int = 1) -> None:
        while self.seen.count(text) < times:
            assert self._read(), f"{text!r} never came; seen: {self.seen}"

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode() + (b"" if text == "\x04" else b"\n"))

    def end(self) -> int:
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(timeout=30)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 30)
        assert ready, f"nothing came within 30 s; seen: {self.seen}"
        try:
            part = os.read(self._ours, 65_536)
        except OSError:  # how Linux says that the other end of a terminal was closed
            return False
        self.seen += part.decode()
        return bool(part)


def test_at_a_terminal_the_value_is_asked_for_twice_and_not_echoed(
    account: Account, project: Project, environment: str
) -> None:
    person = Terminal(project, "secret", "put", "processor-key", "--env", environment)
    person.wait_for("Value of processor-key (hidden):")
    person.type(CANARY)
    person.wait_for("Once more:")
    person.type(CANARY)
    assert person.end() == 0, person.seen
    assert "is current." in person.seen
    assert CANARY not in person.seen
    assert stored(account, f"{environment}/processor-key") == CANARY


def test_two_different_values_at_a_terminal_are_asked_for_again(
    account: Account, project: Project, environment: str
) -> None:
    person = Terminal(project, "secret", "put", "processor-key", "--env", environment)
    for number, typed in enumerate((CANARY, "mistyped", "second", "second")):
        person.wait_for(("Value of processor-key (hidden):", "Once more:")[number % 2], number // 2 + 1)
        person.type(typed)
    assert person.end() == 0, person.seen
    assert "second" not in person.seen
    assert stored(account, f"{environment}/processor-key") == "second"


def test_nothing_is_left_behind_in_the_project(project: Project, environment: str) -> None:
    before = files(project.place)
    project.run("secret", "put", "processor-key", "--env", environment, given=CANARY)
    assert files(project.place) == before


def files(place: Path) -> set[Path]:
    return set(place.rglob("*"))


def test_a_value_that_the_terminal_cut_off_is_refused(account: Account, project: Project, environment: str) -> None:
    before = versions(account, f"{environment}/processor-key")
    person = Terminal(project, "secret", "put", "processor-key", "--env", environment)
    for question in ("Value of processor-key (hidden):", "Once more:"):
        person.wait_for(question)
        person.type("x" * 5_000)
    assert person.end() == 2, person.seen
    assert "a terminal cuts a line off after 4095 bytes. Nothing was written" in person.seen
    assert versions(account, f"{environment}/processor-key") == before


def test_who_gives_no_value_at_the_terminal_writes_nothing(
    account: Account, project: Project, environment: str
) -> None:
    before = versions(account, f"{environment}/processor-key")
    person = Terminal(project, "secret", "put", "processor-key", "--env", environment)
    person.wait_for("Value of processor-key (hidden):")
    person.type("\x04")
    assert person.end() == 2, person.seen
    assert "error: no value was given. Nothing was written." in person.seen
    assert versions(account, f"{environment}/processor-key") == before
