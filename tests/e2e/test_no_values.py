"""No value of a secret lies anywhere but in its store; and the search that says so does find one that leaks."""

import base64
import json
import shutil
import sys
import urllib.parse
import zipfile
from collections.abc import Iterator

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.e2e.landscape import ELSEWHERE, ROOT, Sandbox

CANARY = "canary-7Qm2vXc9LpR4tYw8Zk3Nf6Hs1Jd5Gb0"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with a project of its own, which a test can make leak."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "stacks", project / "stacks")
    shutil.copy(ROOT / "Pulumi.yaml", project / "Pulumi.yaml")
    made = Sandbox(project / ".sandbox", project)
    try:
        made.up("--env", "dev")
        made.must("keystead", "secret", "put", "card-processor-key", "--env", "dev", given=CANARY)
        made.sandbox("advance", "181d")
        yield made
    finally:
        made.down()


def values(sandbox: Sandbox) -> dict[str, str]:
    """Every value that break-glass can read, current and previous."""
    client = sandbox.client("dev", "secretsmanager", sandbox.break_glass("dev"), address=ELSEWHERE)
    found = {}
    for secret in client.list_secrets()["SecretList"]:
        for stage in ("AWSCURRENT", "AWSPREVIOUS"):
            try:
                found[f"{secret['Name']} {stage}"] = client.get_secret_value(
                    SecretId=secret["Name"], VersionStage=stage
                )["SecretString"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
    return found


def spellings(value: str) -> set[bytes]:
    """The ways a value may be written down."""
    plain = value.encode()
    return {
        plain,
        base64.b64encode(plain).rstrip(b"="),
        base64.urlsafe_b64encode(plain).rstrip(b"="),
        plain.hex().encode(),
        json.dumps(value)[1:-1].encode(),
        urllib.parse.quote(value, safe="").encode(),
    }


def written(sandbox: Sandbox) -> dict[str, bytes]:
    """Everything that is kept or shown: files, state, plans, outputs, prints, logs, processes."""
    places: dict[str, bytes] = {}
    for path in sandbox.project.rglob("*"):
        if path.is_file() and not path.is_symlink():
            places[str(path.relative_to(sandbox.project))] = path.read_bytes()
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    places |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
    commands = {
        "state": ("pulumi", "stack", "export", "-s", "dev", "--show-secrets"),
        "outputs": ("pulumi", "stack", "output", "--json", "--show-secrets", "-s", "dev"),
        "plan": ("pulumi", "preview", "-s", "dev", "--diff", "--refresh", "--show-sames"),
        "plan in JSON": ("pulumi", "preview", "-s", "dev", "--json", "--show-sames"),
        "debug log": ("pulumi", "refresh", "-s", "dev", "--yes", "-v=9", "--logtostderr"),
        "status": ("keystead", "status", "--env", "dev"),
        "status in JSON": ("keystead", "status", "--env", "dev", "--json"),
        "sandbox": (sys.executable, "-m", "sandbox", "status", "--json"),
    }
    for name, command in commands.items():
        places[name] = sandbox.run(*command).output.encode()
        assert places[name], name
    logs = sandbox.client("dev", "logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        places[group["logGroupName"]] = "\n".join(event["message"] for event in events).encode()
    trail = sandbox.client("dev", "cloudtrail").lookup_events(MaxResults=50)["Events"]
    places["trail"] = json.dumps(trail, default=str).encode()
    return places | dict(processes(sandbox))


def processes(sandbox: Sandbox) -> Iterator[tuple[str, bytes]]:
    """Arguments and environment of every process of this sandbox."""
    for process in psutil.process_iter():
        try:
            shown = "\n".join([*process.cmdline(), *(f"{k}={v}" for k, v in process.environ().items())])
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if str(sandbox.directory) in shown:
            yield f"process {process.pid}", shown.encode()


def leaks(places: dict[str, bytes], known: dict[str, str]) -> list[str]:
    """Where a value is, as `place: secret`."""
    return [
        f"{place}: {name}"
        for place, content in places.items()
        for name, value in known.items()
        if any(spelling in content for spelling in spellings(value))
    ]


def test_no_value_is_anywhere_but_in_its_store(sandbox: Sandbox) -> None:
    known, places = values(sandbox), written(sandbox)
    assert len(known) >= 8
    assert CANARY in known.values()
    assert b"rotation_step_done" in places["/aws/lambda/dev-rotator"]
    assert any(place.startswith("process ") for place in places)
    assert leaks(places, known) == []


def test_the_search_finds_a_value_that_leaks_into_state_and_log(sandbox: Sandbox) -> None:
    program = sandbox.project / "stacks" / "__main__.py"
    honest = program.read_text()
    encoded = base64.b64encode(CANARY.encode()).decode()
    program.write_text(f'{honest}\nimport base64\n\npulumi.export("leak", base64.b64decode("{encoded}").decode())\n')
    try:
        sandbox.must("pulumi", "up", "-s", "dev", "--yes", "--skip-preview")
        found = leaks(written(sandbox), {"card-processor-key": CANARY})
    finally:
        program.write_text(honest)
        sandbox.must("pulumi", "up", "-s", "dev", "--yes", "--skip-preview")
    assert "state: card-processor-key" in found
    assert "outputs: card-processor-key" in found
