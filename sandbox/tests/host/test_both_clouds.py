"""A sandbox whose environments live on AWS, on GCP or on both."""

import configparser
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.conftest import Run, clean
from tests.observed import BESIDE_THE_CLOUDS, LOOPBACK, listening, processes, registered

DAY = 86_400
STACK = """\
config:
  pulumi:disable-default-providers: ["*"]
  keystead:environment:
    tier: {tier}
    aws: {aws}
    gcp: {gcp}
"""
PLACES = {
    "dev": ("low", "000000000001", "100000000001"),
    "mail": ("standard", "000000000002", ""),
    "prod": ("critical", "", "100000000003"),
}
PROGRAM = """\
import pulumi, pulumi_aws as aws, pulumi_gcp as gcp

account, project = aws.Provider("aws", region="us-east-1"), gcp.Provider("gcp", project="acme-dev")
on_aws, on_gcp = (pulumi.ResourceOptions(provider=provider) for provider in (account, project))
key = aws.kms.Key("key", description="of dev", opts=on_aws)
kms = gcp.projects.Service("kms", service="cloudkms.googleapis.com", disable_on_destroy=False, opts=on_gcp)
gcp.kms.KeyRing(
    "ring", name="ring", location="us-east1", opts=pulumi.ResourceOptions(provider=project, depends_on=[kms])
)
"""


def stack(name: str) -> str:
    tier, account, number = PLACES[name]
    aws = f'{{account: "{account}", region: us-east-1}}' if account else "null"
    gcp = f'{{project: acme-{name}, number: "{number}", location: us-east1}}' if number else "null"
    return STACK.format(tier=tier, aws=aws, gcp=gcp)


@pytest.fixture(scope="module")
def places(project: Path) -> Path:
    """A project with one environment on both clouds and one on each."""
    (project / "stacks" / "__main__.py").write_text(PROGRAM)
    for name in PLACES:
        (project / "stacks" / f"Pulumi.{name}.yaml").write_text(stack(name))
    return project


@pytest.fixture
def up(places: Path, sandbox: Run) -> Path:
    done = sandbox("up", "--clouds-only")
    assert done.returncode == 0, done.stderr
    return places


def deployer(project: Path, name: str) -> str:
    return (project / ".sandbox" / "gcp" / f"acme-{name}.token").read_text()


def call(project: Path, name: str, path: str, body: Any = None) -> Any:
    """Ask an environment's project over TLS, as its deployer."""
    context = ssl.create_default_context(cafile=str(project / ".sandbox" / "ca.pem"))
    headers = {"authorization": f"Bearer {deployer(project, name)}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    endpoint = registered(project)[name]["gcp"]["endpoint"]
    request = urllib.request.Request(f"{endpoint}{path}", data, headers)  # noqa: S310 - this test's own cloud
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(request, timeout=20) as answer:
        return json.load(answer)


def kms(project: Path) -> Any:
    parser = configparser.RawConfigParser()
    parser.read(project / ".sandbox" / "aws" / "credentials")
    endpoint = registered(project)["dev"]["aws"]["endpoint"]
    return boto3.client(
        "kms",
        region_name="us-east-1",
        endpoint_url=endpoint,
        verify=str(project / ".sandbox" / "ca.pem"),
        **parser["dev"],
    )


def identities(project: Path) -> dict[tuple[str, str], int]:
    return {(name, kind): one["pid"] for name, clouds in registered(project).items() for kind, one in clouds.items()}


def exported(project: Path, sandbox: Run, **before: str) -> dict[str, str]:
    """The environment of a shell that evaluated what `env` prints."""
    script = sandbox("env", **before).stdout + "\nexec env -0"
    done = subprocess.run(["sh", "-c", script], env=clean() | before, capture_output=True, text=True, check=True)
    return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if "=" in entry)


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    while True:
        base = random.randrange(20_000, 30_000)  # noqa: S311 - below the ports that the system hands out by itself
        with ExitStack() as stack:
            try:
                for port in range(base, base + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base


def test_every_environment_has_its_clouds_and_each_cloud_its_process(up: Path, sandbox: Run) -> None:
    told = json.loads(sandbox("status", "--json").stdout)
    assert [(row["environment"], row["home"], row["running"]) for row in told["clouds"]] == [
        ("dev", "AWS account 000000000001", True),
        ("dev", "GCP project acme-dev", True),
        ("mail", "AWS account 000000000002", True),
        ("prod", "GCP project acme-prod", True),
    ]
    assert len(set(identities(up).values())) == 4
    assert len(processes(up)) == 4 + BESIDE_THE_CLOUDS
    found = call(up, "prod", "/v1/projects/acme-prod")
    assert (found["projectId"], found["projectNumber"]) == ("acme-prod", "100000000003")


def test_up_again_starts_nothing(up: Path, sandbox: Run) -> None:
    before = processes(up)
    assert sandbox("up", "--clouds-only").stderr == ""
    assert sorted(processes(up)) == sorted(before)


def test_plugins_and_commands_find_the_sandbox_and_no_real_project(up: Path, sandbox: Run) -> None:
    real = {
        "GOOGLE_APPLICATION_CREDENTIALS": "/key.json",
        "GOOGLE_PROJECT": "acme-real",
        "GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.real",
        "GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT": "https://secretmanager.acme.example/",
        "CLOUDSDK_ACTIVE_CONFIG_NAME": "real",
        "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": "admin@acme-real.iam.gserviceaccount.com",
        "CLOUDSDK_CONFIG": "/opt/real/gcloud",
        "CLOUDSDK_CORE_PROJECT": "acme-real",
        "CLOUDSDK_PYTHON": "python3",
        "AWS_ENDPOINT_URL_KMS": "https://kms.acme.example",
        "AWS_PROFILE": "real",
    }
    shell = exported(up, sandbox, **real)
    assert {name: shell[name] for name in real if name in shell} == {
        "CLOUDSDK_CONFIG": str(up / ".sandbox" / "gcloud"),
        "CLOUDSDK_PYTHON": "python3",
    }
    assert shell["NO_GCE_CHECK"] == shell["AWS_EC2_METADATA_DISABLED"] == "true"
    ports = json.loads((up / ".sandbox" / "sandbox.json").read_text())["provider"]["ports"]
    assert shell["PULUMI_DEBUG_PROVIDERS"] == f"aws:{ports['aws']},gcp:{ports['gcp']}"


def test_gcloud_has_a_configuration_for_every_environment_with_a_project(up: Path) -> None:
    directory = up / ".sandbox" / "gcloud" / "configurations"
    assert {file.name for file in directory.iterdir()} == {"config_dev", "config_prod"}
    parser = configparser.RawConfigParser()
    parser.read(directory / "config_prod")
    endpoint = registered(up)["prod"]["gcp"]["endpoint"]
    assert parser["core"]["project"] == "acme-prod"
    assert Path(parser["core"]["custom_ca_certs_file"]) == up / ".sandbox" / "ca.pem"
    assert Path(parser["auth"]["access_token_file"]).read_text() == deployer(up, "prod")
    assert {"secretmanager", "cloudkms", "iam"} <= set(parser["api_endpoint_overrides"])
    assert set(parser["api_endpoint_overrides"].values()) == {f"{endpoint}/"}


def test_what_opens_a_project_is_readable_by_its_owner_alone_and_told_to_nobody(up: Path) -> None:
    place = up / ".sandbox"
    private = [*place.glob("gcp/*"), *place.glob("gcloud/configurations/*")]
    assert {file.stat().st_mode & 0o777 for file in private} == {0o600}
    assert {(place / name).stat().st_mode & 0o777 for name in ("gcp", "gcloud")} == {0o700}
    token = deployer(up, "dev").encode()
    for process in processes(up):
        for told in ("cmdline", "environ"):
            assert token not in Path(f"/proc/{process}/{told}").read_bytes()
    others = [file for file in place.rglob("*") if file.is_file() and token in file.read_bytes()]
    assert others == [place / "gcp" / "acme-dev.token"]


def test_only_loopback_is_listened_on_by_both_clouds(up: Path) -> None:
    addresses = listening(processes(up))
    assert len(addresses) >= 2 * 4 + 2
    assert set(addresses) <= LOOPBACK


def test_advance_goes_from_event_to_event_of_both_clouds(up: Path, sandbox: Run) -> None:
    began = time.time() + json.loads(sandbox("status", "--json").stdout)["clouds"][0]["offset"]
    client = kms(up)
    for days in (8, 12):
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.schedule_key_deletion(KeyId=key, PendingWindowInDays=days)
    call(up, "dev", "/v1/projects/acme-dev/services/secretmanager.googleapis.com:enable", {})
    for days in (5, 10, 15):
        expire = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began + days * DAY))
        body = {"replication": {"automatic": {}}, "expireTime": expire}
        call(up, "dev", f"/v1/projects/acme-dev/secrets?secretId=gone-{days}", body)
    done = sandbox("advance", "20d", "--json")
    assert done.returncode == 0, done.stderr
    happened = json.loads(done.stdout)
    assert [event["cloud"] for event in happened["dev"]] == ["gcp", "aws", "gcp", "aws", "gcp"]
    assert [(event["offset"] - happened["dev"][0]["offset"] + 60) // DAY for event in happened["dev"]] == [
        0,
        3,
        5,
        7,
        10,
    ]
    assert (happened["mail"], happened["prod"]) == ([], [])
    offsets = {row["offset"] for row in json.loads(sandbox("status", "--json").stdout)["clouds"]}
    assert len(offsets) == 1


def test_a_project_that_died_is_started_anew_with_all_of_its_environment(up: Path, sandbox: Run) -> None:
    deployed = sandbox("up", "--env", "dev", "--no-table")
    assert deployed.returncode == 0, deployed.stderr
    before, token = identities(up), deployer(up, "dev")
    os.kill(before["dev", "gcp"], signal.SIGKILL)
    told = sandbox("status")
    assert told.returncode == 1
    (line,) = [line for line in told.stdout.splitlines() if "has ended" in line]
    assert "GCP project acme-dev" in line
    assert "no cloud runs for dev; run `make up` first" in sandbox("advance", "1d").stderr
    again = sandbox("up", "--env", "dev", "--no-table")
    assert again.returncode == 0, again.stderr
    after = identities(up)
    assert {place for place in before if after[place] == before[place]} == {("mail", "aws"), ("prod", "gcp")}
    assert len(processes(up)) == 4 + BESIDE_THE_CLOUDS
    assert deployer(up, "dev") != token
    assert len(call(up, "dev", "/v1/projects/acme-dev/locations/us-east1/keyRings")["keyRings"]) == 1


def test_a_project_whose_code_is_older_is_started_anew_and_others_are_not(up: Path, sandbox: Run) -> None:
    file = up / ".sandbox" / "sandbox.json"
    older = json.loads(file.read_text())
    older["stacks"]["prod"]["gcp"]["code"] = "of last week"
    file.write_text(json.dumps(older))
    before = identities(up)
    done = sandbox("up", "--clouds-only")
    assert "the GCP project acme-prod runs other code than this checkout's: it is restarted and empty" in done.stderr
    after = identities(up)
    assert [place for place in before if after[place] != before[place]] == [("prod", "gcp")]


def test_an_environment_that_gets_a_second_cloud_keeps_its_first(up: Path, sandbox: Run) -> None:
    file = up / "stacks" / "Pulumi.mail.yaml"
    before = identities(up)
    told = 'gcp: {project: acme-mail, number: "100000000002", location: us-east1}'
    file.write_text(stack("mail").replace("gcp: null", told))
    done = sandbox("up", "--clouds-only")
    file.write_text(stack("mail"))
    assert done.returncode == 0, done.stderr
    after = identities(up)
    assert set(after) - set(before) == {("mail", "gcp")}
    assert before.items() <= after.items()


def test_each_cloud_has_two_ports_from_the_first_one_on(places: Path, sandbox: Run) -> None:
    sandbox("down")
    base = free_ports(8)
    done = sandbox("up", "--clouds-only", "--port", str(base))
    assert done.returncode == 0, done.stderr
    taken = [
        int(one[address].rpartition(":")[2])
        for clouds in registered(places).values()
        for one in clouds.values()
        for address in ("endpoint", "plain")
    ]
    assert taken == list(range(base, base + 8))


def test_down_leaves_no_process_and_no_token(up: Path, sandbox: Run) -> None:
    assert sandbox("down").returncode == 0
    assert processes(up) == []
    assert not (up / ".sandbox" / "gcp").exists()
    assert not (up / ".sandbox" / "gcloud").exists()
