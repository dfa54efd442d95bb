"""No value of a secret lies anywhere but in its stores; and the search that says so does find one that leaks."""

import base64
import json
import sys
import urllib.parse
import zipfile
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import User
from tests.e2e.gcp_project import GcpProject
from tests.e2e.landscape import ELSEWHERE, Sandbox

ALARMS_LAST = "4h"
"""How long the alarm of a failed rotation stays raised, and some more."""
BROUGHT = {
    "card-processor-key": "canary-7Qm2vXc9LpR4tYw8Zk3Nf6Hs1Jd5Gb0",
    "market-data-key": "canary-0Tz5hWd8NqK3eVu7Xj2Bm6Ra9Fy4Lc1",
}
"""By secret, values that a person brings: one to AWS, one to GCP."""
LEAKED = "leaked-4Pn9cUs6GwE1kYx3Ho8Vt5Mi7Db2Zq"
"""A value that is not held back anywhere; it never was in a store."""

RECORDS = {
    "state": ("pulumi", "stack", "export", "-s", "dev", "--show-secrets"),
    "outputs": ("pulumi", "stack", "output", "--json", "--show-secrets", "-s", "dev"),
    "outputs of GCP": ("pulumi", "stack", "output", "gcp", "--json", "-s", "dev"),
    "status": ("keystead", "status", "--env", "dev"),
    "status in JSON": ("keystead", "status", "--env", "dev", "--json"),
    "sandbox": (sys.executable, "-m", "sandbox", "status", "--json"),
}
PLANS = {
    "plan": ("pulumi", "preview", "-s", "dev", "--diff", "--refresh", "--show-sames"),
    "plan in JSON": ("pulumi", "preview", "-s", "dev", "--json", "--show-sames"),
    "debug log": ("pulumi", "refresh", "-s", "dev", "--yes", "-v=9", "--logtostderr"),
}
"""What commands print of what is, and of what would change."""


ROTATED = ("forecast-api-token", "ledger-export-passphrase", "order-events-secret", "warehouse-salt")
"""Secrets of dev on GCP that are not brought by a person; two of them are on AWS too."""
ROTATED_ON_AWS = (
    *("payments-api-key", "refund-approval-token", "checkout-session-secret"),
    *("webhook-signing-secret", "ledger-reading-token"),
)


@pytest.fixture(scope="module")
def sandbox(destructive_landscape: User) -> Iterator[Sandbox]:
    """With a value before and a current one in every secret, and a rotation that was given up."""
    sandbox = destructive_landscape.sandbox
    for name, value in BROUGHT.items():
        sandbox.must("keystead", "secret", "put", name, "--env", "dev", given=value)
    for name in (*ROTATED, *ROTATED_ON_AWS):
        sandbox.must("keystead", "rotate", name, "--env", "dev", "--end-previous")
    give_up_a_rotation(sandbox)
    yield sandbox
    take_the_dead_letters(GcpProject(sandbox, "dev"))
    sandbox.sandbox("advance", ALARMS_LAST)
    assert sandbox.run("keystead", "status", "--env", "dev").code == 0


def take_the_dead_letters(project: GcpProject) -> None:
    """Acknowledge the messages that were given up, as who has looked into them does: their alarm ends with them."""
    subscription = f"/v1/{project.outputs['rotator']['dead_letters']}"
    pulled = project.ok("POST", f"{subscription}:pull", {"maxMessages": 1000})["receivedMessages"]
    project.ok("POST", f"{subscription}:acknowledge", {"ackIds": [one["ackId"] for one in pulled]})


def give_up_a_rotation(sandbox: Sandbox) -> None:
    """Let a rotation on GCP fail with its value in hand until its message is given up, and then succeed with it."""
    project = GcpProject(sandbox, "dev")
    promotion = {"method": "secretmanager.secrets.patch", "resource": "*dev-forecast-api-token", "skip": 1}
    project.control("faults", {**promotion, "status": "PERMISSION_DENIED", "times": 100})
    sandbox.must("keystead", "rotate", "forecast-api-token", "--env", "dev", "--end-previous", "--no-wait")
    sandbox.sandbox("advance", "2h")
    project.control("faults", {"clear": True})
    sandbox.must("keystead", "rotate", "forecast-api-token", "--env", "dev", "--end-previous")


def values_on_aws(sandbox: Sandbox) -> dict[str, str]:
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


def values_on_gcp(sandbox: Sandbox) -> dict[str, str]:
    """As on AWS."""
    project = GcpProject(sandbox, "dev")
    breaker = project.impersonate(project.outputs["roles"]["break-glass"])
    found = {}
    for secret in project.outputs["secrets"]:
        for version in ("current", "previous"):
            answer = project.access(secret, breaker, version)
            assert answer.code in (200, 404), answer.body
            if answer.code == 200:
                found[f"{secret} {version}"] = str(answer.body)
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


def kept(sandbox: Sandbox) -> dict[str, bytes]:
    """Everything that is kept or shown without a plan: files, records, what both clouds keep, processes."""
    places = files(sandbox) | printed(sandbox, RECORDS) | kept_on_aws(sandbox) | kept_on_gcp(sandbox)
    return places | dict(processes(sandbox))


def files(sandbox: Sandbox) -> dict[str, bytes]:
    """Every file of the project and of its sandbox: program, state, journals, logs, configurations, function code."""
    places: dict[str, bytes] = {}
    for path in sandbox.project.rglob("*"):
        with suppress(FileNotFoundError):  # some live for a moment only
            if path.is_file() and not path.is_symlink():
                places[str(path.relative_to(sandbox.project))] = path.read_bytes()
                if path.suffix == ".zip":
                    with zipfile.ZipFile(path) as archive:
                        places |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
    return places


def printed(sandbox: Sandbox, commands: dict[str, tuple[str, ...]]) -> dict[str, bytes]:
    """What commands print."""
    places = {name: sandbox.run(*command).output.encode() for name, command in commands.items()}
    assert all(places.values()), [name for name, output in places.items() if not output]
    return places


def kept_on_aws(sandbox: Sandbox) -> dict[str, bytes]:
    """Logs and the trail."""
    places: dict[str, bytes] = {}
    logs = sandbox.client("dev", "logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        places[group["logGroupName"]] = "\n".join(event["message"] for event in events).encode()
    trail = sandbox.client("dev", "cloudtrail").lookup_events(MaxResults=50)["Events"]
    return places | {"trail": json.dumps(trail, default=str).encode()}


def kept_on_gcp(sandbox: Sandbox) -> dict[str, bytes]:
    """Logs, the audit log among them, messages that were given up, incidents, and what services show of themselves."""
    project = GcpProject(sandbox, "dev")
    rotator = project.outputs["rotator"]
    places: dict[str, list[str]] = {"dead letters": dead_letters(project, rotator["dead_letters"])}
    for entry in project.entries():
        places.setdefault(entry["logName"].rpartition("/")[2], []).append(json.dumps(entry))
    places["log bucket"] = [json.dumps(one) for one in project.entries(place=f"{rotator['log_bucket']}/views/_AllLogs")]
    places["incidents"] = [json.dumps(project.control("incidents"))]
    at = f"projects/{project.id}/locations/{project.outputs['location']}"
    shown = {
        "function": f"/v2/{at}/functions/{rotator['function']}",
        "secrets on GCP": f"/v1/projects/{project.id}/secrets",
    }
    places |= {name: [json.dumps(project.ok("GET", path))] for name, path in shown.items()}
    return {name: "\n".join(lines).encode() for name, lines in places.items()}


def dead_letters(project: GcpProject, subscription: str) -> list[str]:
    """The messages a subscription holds, both as they are and decoded; they stay there."""
    pulled = project.ok("POST", f"/v1/{subscription}:pull", {"maxMessages": 1000}).get("receivedMessages", [])
    if pulled:
        back = {"ackIds": [one["ackId"] for one in pulled], "ackDeadlineSeconds": 0}
        project.ok("POST", f"/v1/{subscription}:modifyAckDeadline", back)
    decoded = [base64.b64decode(one["message"].get("data", "")).decode() for one in pulled]
    return [*(json.dumps(one["message"]) for one in pulled), *decoded]


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


def test_no_value_is_anywhere_but_in_its_stores(sandbox: Sandbox) -> None:
    on_aws, on_gcp = values_on_aws(sandbox), values_on_gcp(sandbox)
    assert len(on_aws) >= 14
    versions = {f"{name} {version}" for name in ROTATED for version in ("current", "previous")}
    assert {*on_gcp} >= {*versions, "market-data-key current"}
    assert on_aws["dev/card-processor-key AWSCURRENT"] == BROUGHT["card-processor-key"]
    assert on_gcp["market-data-key current"] == BROUGHT["market-data-key"]
    for pair in ("order-events-secret", "ledger-export-passphrase"):
        assert on_aws[f"dev/{pair} AWSCURRENT"] == on_gcp[f"{pair} current"]
    places = kept(sandbox) | printed(sandbox, PLANS)
    assert_something_is_there(places)
    assert leaks(places, on_aws | on_gcp) == []


def assert_something_is_there(places: dict[str, bytes]) -> None:
    """A place that nothing was written to would prove nothing."""
    assert b"rotation_step_done" in places["/aws/lambda/dev-rotator"]
    for log in ("run.googleapis.com%2Fstderr", "log bucket"):
        assert b"rotation_step_done" in places[log]
        assert b"rotation_failed" in places[log]
    assert b"AccessSecretVersion" in places["cloudaudit.googleapis.com%2Fdata_access"]
    assert b"dev-forecast-api-token" in places["dead letters"]
    assert b"dev-rotation-given-up" in places["incidents"]
    for file in ("provider-journal-aws.json", "provider-journal-gcp.json", "gcloud/configurations/config_dev"):
        assert places[f".sandbox/{file}"], file
    for log in ("provider.log", "gcp-acme-dev.log", "up-dev.events"):
        assert f".sandbox/logs/{log}" in places
    running = b"\n".join(content for place, content in places.items() if place.startswith("process "))
    assert all(
        module in running
        for module in (
            b"keystead_sandbox.local_aws",
            b"keystead_sandbox.local_gcp",
            b"keystead_sandbox.pulumi_provider",
        )
    )


def test_the_search_finds_a_value_that_leaks_into_state_log_and_message(sandbox: Sandbox) -> None:
    program = sandbox.project / "stacks" / "__main__.py"
    honest = program.read_text()
    encoded = base64.b64encode(LEAKED.encode()).decode()
    program.write_text(f'{honest}\nimport base64\n\npulumi.export("leak", base64.b64decode("{encoded}").decode())\n')
    try:
        sandbox.must("pulumi", "up", "-s", "dev", "--yes", "--skip-preview")
    finally:
        program.write_text(honest)
    project = GcpProject(sandbox, "dev")
    log = {"logName": f"projects/{project.id}/logs/careless", "entries": [{"textPayload": f"read {LEAKED}"}]}
    project.ok("POST", "/v2/entries:write", log)
    letter = base64.b64encode(f"cannot set {LEAKED}".encode()).decode()
    topic = f"projects/{project.id}/topics/dev-rotation-dead-letters"
    project.ok("POST", f"/v1/{topic}:publish", {"messages": [{"data": letter}]})
    found = leaks(kept(sandbox), {"a value": LEAKED})
    assert {"state: a value", "outputs: a value", "careless: a value", "dead letters: a value"} <= {*found}
    assert any(place.startswith(".sandbox/state/") for place in found)
