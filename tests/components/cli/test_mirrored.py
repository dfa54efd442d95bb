import json
import uuid
from typing import Any

import pytest
from keystead.functions.stores.store import portable

from tests.components.cli.conftest import ACCOUNT, Account, Project
from tests.components.cli.google import NUMBER, PROJECT, GoogleProject, configured
from tests.components.cli.test_secret import CANARY, stored, versions
from tests.components.cli.test_status import cells, dates, lines


@pytest.fixture
def rotated(account: Account, google: GoogleProject, mirrored: str) -> str:
    """Return the token under which both clouds hold the same value."""
    token = str(uuid.uuid4())
    account.client("secretsmanager").put_secret_value(
        SecretId=f"{mirrored}/session-secret", SecretString="canary-value", ClientRequestToken=token
    )
    google.rotate(f"{mirrored}-session-secret", alias=portable(token))
    return token


def found_in(project: Project, environment: str, **more: str) -> tuple[dict[str, Any], int]:
    shown = project.run("status", "--env", environment, "--json", **more)
    (found,) = json.loads(shown.stdout)["environments"]
    return found, shown.returncode


def test_one_table_says_where_each_secret_lives_with_the_dates_of_aws(
    account: Account, project: Project, mirrored: str, rotated: str
) -> None:
    last, key = dates(account, mirrored)
    clock = project.place / "clock"
    clock.write_text(str(10 * 86_400))
    shown = project.run("status", "--env", mirrored, KEYSTEAD_CLOCK=str(clock))
    ago = f"{last:%Y-%m-%d} (10 d ago)"
    assert (shown.returncode, shown.stderr) == (0, "")
    on, reader = "aws+gcp", "checkout (aws mesh, gcp shift)"
    places = f"account {ACCOUNT}, us-east-1 + project {PROJECT}, us-east1"
    assert cells(shown.stdout) == [
        [mirrored.upper(), f"tier standard, {places}"],
        ["Key", "On", "Use", "Rotation", "Protection", "State"],
        ["data", on, "encrypt", f"every 90 d, next {key:%Y-%m-%d} (in 80 d)", "deleted after 14 d", "enabled"],
        ["tokens", on, "sign", "none: a new key takes its alias", "deleted after 14 d", "enabled"],
        ["Secret", "On", "Key", "Rotator", "Read by (from)", "Last rotation", "Next rotation", "State"],
        ["processor-key", on, "data", "manual", reader, "-", "-", "waits for its first value"],
        ["session-secret", on, "data", "random", reader, ago, "-", "current"],
        ["notifier (anywhere)"],
        [f"to do: keystead secret put processor-key --env {mirrored}"],
    ]


def test_the_json_document_has_each_clouds_own_part(
    google: GoogleProject, project: Project, mirrored: str, rotated: str
) -> None:
    found, code = found_in(project, mirrored)
    assert (code, found["failure"], found["cloud"]) == (0, None, {"account": ACCOUNT, "region": "us-east-1"})
    assert list(found["clouds"]) == ["aws", "gcp"]
    assert found["clouds"]["gcp"]["number"] == NUMBER
    secret = found["secrets"][1]
    assert secret["stored_as"] == f"{mirrored}/session-secret"
    stored_as = {cloud: part["stored_as"] for cloud, part in secret["clouds"].items()}
    assert stored_as == {"aws": f"{mirrored}/session-secret", "gcp": f"{mirrored}-session-secret"}
    assert {part["state"] for part in secret["clouds"].values()} == {"current"}
    restrictions = {"aws": "mesh", "gcp": "shift"}
    assert secret["readers"][0] == {"name": "checkout", "restriction": "mesh", "restrictions": restrictions}


def test_a_value_that_gcp_lacks_shows_as_lagging_and_no_value_is_read(
    google: GoogleProject, project: Project, mirrored: str, rotated: str
) -> None:
    number = google.add(f"{mirrored}-session-secret", "canary-of-somebody-else")
    google.label(f"{mirrored}-session-secret", current=number, **{portable(rotated): "1"})
    clock = project.place / "clock"
    clock.write_text(str(3 * 3_600))
    shown = project.run("status", "--env", mirrored, KEYSTEAD_CLOCK=str(clock))
    assert "current; gcp lags" in shown.stdout
    assert (shown.returncode, "canary" in shown.stdout + shown.stderr) == (1, False)


def test_a_cloud_that_cannot_be_reached_hides_nothing_of_the_other(
    google: GoogleProject, project: Project, mirrored: str, rotated: str
) -> None:
    configured(project.place, mirrored, google, endpoint="http://127.0.0.1:9")
    shown = project.run("status", "--env", mirrored)
    assert (
        f" GCP project {PROJECT}: {mirrored}: http://127.0.0.1:9 does not answer. Check the network; for the sandbox: "
        "python -m sandbox status." in " ".join(lines(shown.stdout))
    )
    assert "current (gcp not seen)" in shown.stdout
    assert shown.returncode == 1
    found, _ = found_in(project, mirrored)
    assert (found["clouds"]["aws"]["failure"], found["secrets"][1]["state"]) == (None, "current")


def test_without_aws_the_part_of_gcp_still_shows(project: Project, mirrored: str, rotated: str) -> None:
    found, code = found_in(project, mirrored, AWS_SECRET_ACCESS_KEY="wrong")
    assert f"AWS account {ACCOUNT}: {mirrored}: AWS does not recognize these credentials" in found["failure"]
    assert (found["secrets"][1]["text"], found["clouds"]["gcp"]["failure"], code) == ("current (aws not seen)", None, 1)


def test_a_value_that_a_person_brings_is_the_same_version_on_both_clouds(
    account: Account, google: GoogleProject, project: Project, mirrored: str
) -> None:
    aws, gcp = f"{mirrored}/processor-key", f"{mirrored}-processor-key"
    for value in ("first", CANARY):
        done = project.run("secret", "put", "processor-key", "--env", mirrored, given=f"{value}\n")
        assert (done.returncode, done.stderr) == (0, "")
    assert (stored(account, aws), stored(account, aws, "AWSPREVIOUS")) == (CANARY, "first")
    assert (google.read(gcp), google.read(gcp, "previous")) == (CANARY, "first")
    current = stored_version(account, aws)
    assert google.aliases(gcp)[portable(current)] == google.aliases(gcp)["current"] == "2"
    assert done.stdout.splitlines() == [
        f"{aws}: version {current} is current on AWS.",
        f"Readers that get it on AWS: {mirrored}-checkout-reader (mesh).",
        f"{gcp}: version 2 is current on GCP.",
        f"Readers that get it on GCP: {mirrored}-checkout@{PROJECT}.iam.gserviceaccount.com (shift).",
    ]
    assert found_in(project, mirrored)[0]["secrets"][0]["state"] == "overlap"


def stored_version(account: Account, name: str) -> str:
    version: str = account.client("secretsmanager").get_secret_value(SecretId=name)["VersionId"]
    return version


def test_where_aws_refuses_a_value_gcp_gives_it_up_too(
    account: Account, google: GoogleProject, project: Project, mirrored: str
) -> None:
    assert project.run("secret", "put", "processor-key", "--env", mirrored, given="first").returncode == 0
    before = versions(account, f"{mirrored}/processor-key")
    user = account.user(f"{mirrored}-looker", "secretsmanager:DescribeSecret")
    done = project.run("secret", "put", "processor-key", "--env", mirrored, given=CANARY, **user)
    assert "these credentials may not call secretsmanager:PutSecretValue" in done.stderr
    assert (done.returncode, CANARY in done.stdout + done.stderr) == (1, False)
    assert versions(account, f"{mirrored}/processor-key") == before
    assert google.read(f"{mirrored}-processor-key") == "first"
    assert google.states(f"{mirrored}-processor-key") == ["ENABLED", "DISABLED"]


def test_where_gcp_refuses_a_value_aws_never_sees_it(
    account: Account, google: GoogleProject, project: Project, mirrored: str
) -> None:
    looking = google.user(f"{mirrored}-looker", "resourcemanager.projects.get", "secretmanager.secrets.get")
    configured(project.place, mirrored, google, token_file=looking)
    done = project.run("secret", "put", "processor-key", "--env", mirrored, given=CANARY)
    assert "these credentials may not call secretmanager.versions.add" in done.stderr
    assert (done.returncode, versions(account, f"{mirrored}/processor-key")) == (1, [])
