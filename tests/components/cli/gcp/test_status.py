import json
from datetime import UTC, datetime
from typing import Any

from tests.components.cli.conftest import Project
from tests.components.cli.google import GCP, LOCATION, NUMBER, PROJECT, GoogleProject, configured
from tests.components.cli.test_status import cells, lines

DESCRIBING = (
    "resourcemanager.projects.get",
    "cloudkms.cryptoKeys.get",
    "cloudkms.cryptoKeys.list",
    "cloudkms.cryptoKeyVersions.list",
    "secretmanager.secrets.get",
    "secretmanager.secrets.list",
    "secretmanager.versions.get",
    "monitoring.alerts.list",
)


def test_an_environment_on_gcp_is_shown_as_one_on_aws_is(google: GoogleProject, project: Project, on_gcp: str) -> None:
    last = google.rotate(f"{on_gcp}-session-secret")
    key = google.ok("GET", f"/v1/projects/{PROJECT}/locations/{LOCATION}/keyRings/{on_gcp}/cryptoKeys/data")
    following = datetime.fromisoformat(key["nextRotationTime"]).astimezone(UTC)
    clock = project.place / "clock"
    clock.write_text(str(10 * 86_400))
    shown = project.run("status", "--env", on_gcp, KEYSTEAD_CLOCK=str(clock))
    ago = f"{last:%Y-%m-%d} (10 d ago)"
    assert shown.stderr == ""
    assert cells(shown.stdout) == [
        [on_gcp.upper(), f"tier standard, project {PROJECT}, {LOCATION}"],
        ["Key", "Use", "Rotation", "Protection", "State"],
        ["data", "encrypt", f"every 90 d, next {following:%Y-%m-%d} (in 80 d)", "deleted after 14 d", "enabled"],
        ["tokens", "sign", "none: a new version is made by hand", "deleted after 14 d", "enabled"],
        ["Secret", "Key", "Rotator", "Read by (from)", "Last rotation", "Next rotation", "State"],
        ["processor-key", "data", "manual", "checkout (mesh)", "-", "-", "waits for its first value"],
        ["session-secret", "data", "random", "checkout (mesh)", ago, "-", "current"],
        ["notifier (anywhere)"],
        [f"to do: keystead secret put processor-key --env {on_gcp}"],
    ]
    assert shown.returncode == 0


def found_in(project: Project, environment: str, **more: str) -> tuple[dict[str, Any], int]:
    shown = project.run("status", "--env", environment, "--json", **more)
    (found,) = json.loads(shown.stdout)["environments"]
    return found, shown.returncode


def states(found: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["state"] for item in found["keys"] + found["secrets"]}


def test_what_the_spec_no_longer_has_is_a_finding_unless_it_has_ended(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    keys = f"projects/{PROJECT}/locations/{LOCATION}/keyRings/{on_gcp}/cryptoKeys"
    for name in ("old", "ended"):
        google.ok("POST", f"/v1/{keys}?cryptoKeyId={name}", {"purpose": "ENCRYPT_DECRYPT"})
    google.ok("POST", f"/v1/{keys}/ended/cryptoKeyVersions/1:destroy", {})
    for name in (f"{on_gcp}-old-token", f"{on_gcp}x-of-another"):
        google.ok("POST", f"/v1/projects/{PROJECT}/secrets?secretId={name}", {"replication": {"automatic": {}}})
    found, code = found_in(project, on_gcp)
    assert (code, found["problems"]) == (1, 2)
    assert found["orphans"] == [
        {"cloud": "gcp", "kind": "key", "stored_as": f"{keys}/old"},
        {"cloud": "gcp", "kind": "secret", "stored_as": f"{on_gcp}-old-token"},
    ]


def test_the_json_document_says_where_everything_is_on_gcp(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    last = google.rotate(f"{on_gcp}-session-secret")
    found, code = found_in(project, on_gcp)
    assert (code, found["cloud"]) == (0, None)
    place = {"project": PROJECT, "number": NUMBER, "location": LOCATION}
    assert found["clouds"] == {"gcp": {**place, "failure": None, "alarms": []}}
    assert found["keys"][0]["alias"] is None
    path = f"projects/{PROJECT}/locations/{LOCATION}/keyRings/{on_gcp}/cryptoKeys/data"
    assert found["keys"][0]["clouds"]["gcp"]["stored_as"] == path
    current = found["secrets"][1]
    dates = {
        "last_rotation": f"{last:%Y-%m-%dT%H:%M:%SZ}",
        "next_rotation": None,
        "overlap_until": None,
        "schedule": None,
        "state": "current",
        "text": "current",
    }
    assert {name: current[name] for name in dates} == dates
    assert current["clouds"] == {"gcp": {"stored_as": f"{on_gcp}-session-secret", **dates}}


def test_who_may_only_describe_sees_everything_of_a_project(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    google.rotate(f"{on_gcp}-session-secret")
    configured(project.place, on_gcp, google, token_file=google.user(f"{on_gcp}-auditor", *DESCRIBING))
    shown = project.run("status", "--json")
    assert shown.returncode == 0, shown.stdout
    assert "canary-value" not in shown.stdout + shown.stderr


def test_a_missing_permission_on_gcp_is_named_with_who_has_it(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    allowed = [one for one in DESCRIBING if one != "secretmanager.secrets.get"]
    configured(project.place, on_gcp, google, token_file=google.user(f"{on_gcp}-nobody", *allowed))
    found, code = found_in(project, on_gcp)
    assert found["failure"] == (
        f"{on_gcp}: access denied: these credentials may not call secretmanager.secrets.get in project {PROJECT}. "
        f"The auditor of {on_gcp} may: {on_gcp}-auditor@{PROJECT}.iam.gserviceaccount.com."
    )
    assert (found["keys"], found["secrets"], code) == ([], [], 1)


def test_broken_keys_and_secrets_on_gcp_are_problems(google: GoogleProject, project: Project, on_gcp: str) -> None:
    keys = f"/v1/projects/{PROJECT}/locations/{LOCATION}/keyRings/{on_gcp}/cryptoKeys"
    google.ok("PATCH", f"{keys}/data/cryptoKeyVersions/1?updateMask=state", {"state": "DISABLED"})
    google.ok("POST", f"{keys}/tokens/cryptoKeyVersions/1:destroy", {})
    google.rotate(f"{on_gcp}-session-secret")
    google.ok("POST", f"/v1/projects/{PROJECT}/secrets/{on_gcp}-session-secret/versions/1:disable", {})
    google.ok("DELETE", f"/v1/projects/{PROJECT}/secrets/{on_gcp}-processor-key")
    found, code = found_in(project, on_gcp)
    assert states(found) == {
        "data": "disabled",
        "tokens": "deleting",
        "session-secret": "disabled",
        "processor-key": "missing",
    }
    assert (found["problems"], code) == (4, 1)


def test_a_key_that_rotates_otherwise_than_the_spec_says_is_a_problem(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    key = f"/v1/projects/{PROJECT}/locations/{LOCATION}/keyRings/{on_gcp}/cryptoKeys/data"
    google.ok("PATCH", f"{key}?updateMask=rotationPeriod", {"rotationPeriod": f"{400 * 86_400}s"})
    found, _ = found_in(project, on_gcp)
    assert found["keys"][0]["text"] == "rotates every 400 d, the spec says every 90 d"


def test_an_overlap_and_a_rotation_that_hangs_are_seen_in_the_labels(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    name, clock = f"{on_gcp}-session-secret", project.place / "clock"
    since = int(google.rotate(name).timestamp())
    second, third = google.add(name, "second"), google.add(name, "third")
    google.label(name, previous="1", current=second, token_two=second, pending=third, **{f"since_{since}": second})
    assert states(found_in(project, on_gcp)[0])["session-secret"] == "overlap"
    clock.write_text("1200")
    found, code = found_in(project, on_gcp, KEYSTEAD_CLOCK=str(clock))
    assert (states(found)["session-secret"], code) == ("failed", 1)
    assert f"keystead rotate session-secret --env {on_gcp}" in found["to_do"]


def test_a_project_with_another_number_is_not_looked_at(google: GoogleProject, project: Project, on_gcp: str) -> None:
    project.describe(on_gcp, **{**GCP, "gcp": {**GCP["gcp"], "number": "999999999999"}})
    found, code = found_in(project, on_gcp)
    assert found["failure"] == (
        f"{on_gcp}: the project {PROJECT}, seen with the gcloud configuration '{on_gcp}', has the number {NUMBER}, but "
        "the environment lives in number 999999999999. Nothing was read or written. Correct gcp.number in "
        f"Pulumi.{on_gcp}.yaml, or give credentials of the right project."
    )
    assert (found["keys"], found["secrets"], code) == ([], [], 1)


def test_a_project_that_does_not_answer_is_named(google: GoogleProject, project: Project, on_gcp: str) -> None:
    configured(project.place, on_gcp, google, endpoint="http://127.0.0.1:9")
    found, code = found_in(project, on_gcp)
    text = "http://127.0.0.1:9 does not answer. Check the network; for the sandbox: python -m sandbox status."
    assert (found["failure"], code) == (f"{on_gcp}: {text}", 1)


def test_a_certificate_that_is_not_trusted_is_named(google: GoogleProject, project: Project, on_gcp: str) -> None:
    file = project.place / ".config" / "gcloud" / "configurations" / f"config_{on_gcp}"
    file.write_text(file.read_text().replace("custom_ca_certs_file", "unused"))
    found, _ = found_in(project, on_gcp)
    assert f"the certificate of {google.endpoint} is not trusted. Check custom_ca_certs_file" in found["failure"]


def test_a_token_that_has_expired_says_how_to_log_in(google: GoogleProject, project: Project, on_gcp: str) -> None:
    stale = project.place / "stale"
    stale.write_text("ya29.stale")
    configured(project.place, on_gcp, google, token_file=stale)
    found, code = found_in(project, on_gcp)
    assert "GCP does not recognize these credentials, or they have expired. Log in again" in found["failure"]
    assert (code, "ya29" in found["failure"]) == (1, False)


def test_without_google_credentials_it_says_how_to_log_in(project: Project) -> None:
    project.describe("dev", **GCP)
    shown = project.run("status")
    assert "no Google credentials found. Log in with: gcloud auth application-default login" in shown.stdout
    assert (shown.returncode, "Traceback" in shown.stderr) == (1, False)


def test_a_project_with_nothing_in_it_says_how_to_bring_it_up(google: GoogleProject, project: Project) -> None:
    project.describe("fresh", **GCP)
    configured(project.place, "fresh", google)
    shown = project.run("status")
    assert " fresh: not deployed. Bring it up with: pulumi up -s fresh" in lines(shown.stdout)
    assert (shown.returncode, shown.stderr) == (1, "")


def test_an_open_incident_is_a_problem(google: GoogleProject, project: Project, on_gcp: str) -> None:
    entries = f'jsonPayload.environment="{on_gcp}"'
    condition = {"displayName": "failed", "conditionMatchedLog": {"filter": entries}}
    limit = {"notificationRateLimit": {"period": "3600s"}, "autoClose": "7200s"}
    policy = {"displayName": f"{on_gcp}-rotation-failed", "combiner": "OR", "conditions": [condition]}
    google.ok("POST", f"/v3/projects/{PROJECT}/alertPolicies", {**policy, "alertStrategy": limit})
    entry = {"jsonPayload": {"environment": on_gcp}, "resource": {"type": "global"}}
    log = {"logName": f"projects/{PROJECT}/logs/test", "entries": [entry]}
    google.ok("POST", "/v2/entries:write", log)
    google.tick()
    found, code = found_in(project, on_gcp)
    assert (found["alarms"], code) == ([f"{on_gcp}-rotation-failed"], 1)
