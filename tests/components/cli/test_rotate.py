import io
import json
import subprocess
import time
import uuid
import zipfile
from collections.abc import Callable
from signal import SIGINT
from typing import Any

import pytest
from keystead.functions.shared.clock import now
from keystead.functions.stores.store import portable
from keystead.operations.rotation_request import Accepted, Outcome, failure_in, wait_for

from tests.components.cli.conftest import ACCOUNT, Account, Project
from tests.components.cli.google import PROJECT, GoogleProject, configured
from tests.components.cli.test_secret import stored

ROTATOR = """
import boto3, json
store = boto3.client("secretsmanager")
def handle(event, context):
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    about = store.describe_secret(SecretId=secret)
    if step == about.get("Description"):
        print(json.dumps({"event": "rotation_failed", "secret": about["Name"], "version": token, "step": step,
                          "error": "RuntimeError", "reason": "told to fail"}))
        raise RuntimeError("told to fail")
    if step == "createSecret":
        store.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString="canary-" + token, VersionStages=["AWSPENDING"])
    if step == "finishSecret":
        current = [v for v, labels in about["VersionIdsToStages"].items() if "AWSCURRENT" in labels]
        if current != [token]:
            leave = {"RemoveFromVersionId": current[0]} if current else {}
            store.update_secret_version_stage(
                SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, **leave)
"""
"""Rotates, unless the secret's description names the step to fail at."""


def with_rotator(account: Account, environment: str, fails_at: str = "") -> str:
    """Make a function the rotator of the session secret; return the secret's name."""
    iam, functions, store = account.client("iam"), account.client("lambda"), account.client("secretsmanager")
    name, secret = f"{environment}-rotator", f"{environment}/session-secret"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("main.py", ROTATOR)
    arn = functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="main.handle", Code={"ZipFile": archive.getvalue()}
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=name,
        StatementId="rotate",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount=ACCOUNT,
    )
    rules = {"AutomaticallyAfterDays": 90}
    store.rotate_secret(SecretId=secret, RotationLambdaARN=arn, RotationRules=rules, RotateImmediately=False)
    settled(account, secret)
    store.update_secret(SecretId=secret, Description=fails_at)
    return secret


def settled(account: Account, secret: str) -> None:
    """Wait until the test step that comes with a new rotator is over."""
    end = time.monotonic() + 30
    while "AWSPENDING" in str(account.client("secretsmanager").describe_secret(SecretId=secret)):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_new_value_is_made_now_and_waited_for(account: Account, project: Project, environment: str) -> None:
    secret = with_rotator(account, environment)
    done = project.run("rotate", "session-secret", "--env", environment)
    assert done.returncode == 0, done.stderr
    version = account.client("secretsmanager").get_secret_value(SecretId=secret)["VersionId"]
    assert done.stdout == f"{secret}: version {version} is current.\n"
    assert "canary" not in done.stdout + done.stderr
    again = json.loads(project.run("rotate", "session-secret", "--env", environment, "--json").stdout)
    assert again == {
        "version": 1,
        "environment": environment,
        "secret": "session-secret",
        "stored_as": secret,
        "cloud": "aws",
        "before": version,
        "current": again["current"],
        "reason": None,
        "result": "rotated",
        "follower": None,
    }
    assert stored(account, secret) == f"canary-{again['current']}"
    assert stored(account, secret, "AWSPREVIOUS") == f"canary-{version}"


def test_within_an_overlap_the_value_before_is_not_ended_unless_that_is_asked_for(
    account: Account, project: Project, environment: str
) -> None:
    secret = with_rotator(account, environment)
    store = account.client("secretsmanager")
    store.put_secret_value(SecretId=secret, SecretString="first")
    store.put_secret_value(SecretId=secret, SecretString="second")
    refused = project.run("rotate", "session-secret", "--env", environment)
    assert f"{environment}: session-secret got its value less than its overlap of" in refused.stderr
    assert f"keystead rotate session-secret --env {environment} --end-previous" in refused.stderr
    assert (refused.returncode, stored(account, secret), stored(account, secret, "AWSPREVIOUS")) == (
        1,
        "second",
        "first",
    )
    done = project.run("rotate", "session-secret", "--env", environment, "--end-previous")
    assert (done.returncode, stored(account, secret, "AWSPREVIOUS")) == (0, "second")


def test_on_gcp_the_value_before_is_not_ended_either(google: GoogleProject, project: Project, on_gcp: str) -> None:
    _, subscription = ordered(google, on_gcp)
    name = f"projects/{PROJECT}/secrets/{on_gcp}-session-secret"
    for _ in range(2):
        google.ok("POST", f"/v1/{name}:addVersion", {"payload": {"data": "dmFsdWU="}})
    aliases = {"current": "2", "previous": "1"}
    google.ok("PATCH", f"/v1/{name}?updateMask=versionAliases", {"versionAliases": aliases})
    refused = project.run("rotate", "session-secret", "--env", on_gcp, "--no-wait")
    assert "got its value less than its overlap of" in refused.stderr
    assert (refused.returncode, pulled(google, subscription)) == (1, [])
    done = project.run("rotate", "session-secret", "--env", on_gcp, "--no-wait", "--end-previous")
    assert (done.returncode, len(pulled(google, subscription))) == (0, 1)


def test_a_rotation_that_fails_says_where_and_why_and_what_helps(
    account: Account, project: Project, environment: str
) -> None:
    secret = with_rotator(account, environment, fails_at="testSecret")
    done = project.run("rotate", "session-secret", "--env", environment)
    assert (
        f"error: {environment}: the rotation of session-secret failed: testSecret: told to fail. The current value "
        "still works. Secrets Manager tries again by itself." in done.stderr
    )
    assert f"update-secret-version-stage --secret-id {secret} --version-stage AWSPENDING" in done.stderr
    assert f"What the rotator logged: aws logs tail /aws/lambda/{environment}-rotator --since 1h" in done.stderr
    assert (done.returncode, done.stdout, "canary" in done.stderr) == (1, "", False)


def test_a_rotation_that_has_not_finished_is_taken_up_again(
    account: Account, project: Project, environment: str
) -> None:
    secret = with_rotator(account, environment, fails_at="testSecret")
    account.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="first")
    assert project.run("rotate", "session-secret", "--env", environment).returncode == 1
    assert stored(account, secret) == "first"
    done = project.run("rotate", "session-secret", "--env", environment)
    assert done.stderr.startswith("session-secret: an earlier rotation has not finished; it is continued.\n")
    assert "failed: testSecret: told to fail" in done.stderr
    assert (done.returncode, stored(account, secret)) == (1, "first")


def test_who_does_not_wait_is_told_where_to_look(account: Account, project: Project, environment: str) -> None:
    secret = with_rotator(account, environment)
    done = project.run("rotate", "session-secret", "--env", environment, "--no-wait")
    told = f"{secret}: rotation requested. See how it goes with: keystead status --env {environment}\n"
    assert (done.returncode, done.stdout) == (0, told)


def test_a_value_that_a_person_brings_is_not_rotated(project: Project) -> None:
    project.describe("dev")
    done = project.run("rotate", "processor-key", "--env", "dev")
    assert done.stderr == (
        "error: dev: the rotator of processor-key is manual: a person provides its value. Store a new one with: "
        "keystead secret put processor-key --env dev\n"
    )
    assert (done.returncode, done.stdout) == (2, "")


def test_a_secret_that_is_not_deployed_cannot_be_rotated(account: Account, project: Project) -> None:
    project.describe("fresh")
    done = project.run("rotate", "session-secret", "--env", "fresh", **account.credentials)
    assert "the secret fresh/session-secret is not deployed. Bring it up first with: pulumi up -s fresh" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(("held", "follower", "text"), [(True, "holds", ""), (False, "lags", "does not hold the new")])
def test_of_a_secret_on_both_clouds_aws_leads_and_gcp_is_looked_at_after(
    account: Account, google: GoogleProject, project: Project, mirrored: str, held: bool, follower: str, text: str
) -> None:
    secret = with_rotator(account, mirrored)
    token = str(uuid.uuid4())
    if held:
        google.rotate(f"{mirrored}-session-secret", alias=portable(token))
    pending = {"SecretId": secret, "ClientRequestToken": token, "SecretString": f"canary-{token}"}
    store = account.client("secretsmanager")
    store.put_secret_value(SecretId=secret, SecretString="first")
    store.put_secret_value(**pending, VersionStages=["AWSPENDING"])
    done = project.run("rotate", "session-secret", "--env", mirrored, "--json")
    document = json.loads(done.stdout)
    assert "an earlier rotation has not finished; it is continued" in done.stderr
    assert (done.returncode, document["current"], document["follower"]) == (0, token, follower)
    assert text in done.stderr


def ordered(google: GoogleProject, environment: str) -> tuple[str, str]:
    """Make the topic of the environment's rotations; return it and a subscription to it."""
    topic = f"projects/{PROJECT}/topics/{environment}-rotation"
    subscription = f"projects/{PROJECT}/subscriptions/{environment}-test"
    google.ok("PUT", f"/v1/{topic}", {})
    google.ok("PUT", f"/v1/{subscription}", {"topic": topic})
    return topic, subscription


def pulled(google: GoogleProject, subscription: str) -> list[Any]:
    found: list[Any] = google.ok("POST", f"/v1/{subscription}:pull", {"maxMessages": 10}).get("receivedMessages", [])
    return found


def test_on_gcp_the_order_is_secret_managers_own_message_and_says_that_a_person_asks(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    _, subscription = ordered(google, on_gcp)
    done = project.run("rotate", "session-secret", "--env", on_gcp, "--no-wait")
    assert (done.returncode, done.stderr) == (0, "")
    (received,) = pulled(google, subscription)
    assert received["message"]["attributes"] == {
        "eventType": "SECRET_ROTATE",
        "dataFormat": "JSON_API_V1",
        "secretId": f"projects/300000000007/secrets/{on_gcp}-session-secret",
        "keystead": "rotate-now",
    }


def answered(
    google: GoogleProject,
    project: Project,
    environment: str,
    rotator: Callable[[str, "subprocess.Popen[str]"], object],
) -> tuple[int, str, str]:
    """Order a rotation, have `rotator` serve the message of that id, and return how the command ended."""
    _, subscription = ordered(google, environment)
    command = project.command("rotate", "session-secret", "--env", environment)
    with subprocess.Popen(
        command, cwd=project.place, env=project.settings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            end = time.monotonic() + 30
            while not (received := pulled(google, subscription)):
                assert time.monotonic() < end
                time.sleep(0.1)
            rotator(received[0]["message"]["messageId"], process)
            out, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, out, errors


def test_on_gcp_the_new_current_version_is_waited_for(google: GoogleProject, project: Project, on_gcp: str) -> None:
    code, out, _ = answered(google, project, on_gcp, lambda *_: google.rotate(f"{on_gcp}-session-secret"))
    assert (code, out) == (0, f"{on_gcp}-session-secret: version 1 is current.\n")


def test_on_gcp_a_failure_in_the_rotators_log_ends_the_waiting(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    def fail(identifier: str, _process: object) -> None:
        about = {"secret": f"{on_gcp}-session-secret", "version": f"message-{identifier}", "step": "verify"}
        payload = {"event": "rotation_failed", **about, "reason": "the service refuses it"}
        entry = {"jsonPayload": payload, "resource": {"type": "global"}}
        google.ok("POST", "/v2/entries:write", {"logName": f"projects/{PROJECT}/logs/test", "entries": [entry]})

    code, out, errors = answered(google, project, on_gcp, fail)
    assert "the rotation of session-secret failed: verify: the service refuses it." in errors
    assert f"is kept in the subscription {on_gcp}-rotation-dead-letters" in errors
    assert f"gcloud logging read --project={PROJECT} --freshness=1h" in errors
    assert (code, out) == (1, "")


def test_who_interrupts_the_waiting_is_told_that_the_rotation_goes_on(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    code, out, errors = answered(google, project, on_gcp, lambda _identifier, process: process.send_signal(SIGINT))
    told = f"A rotation that was requested goes on. See how it ends with: keystead status --env {on_gcp}"
    assert (code, out, errors.splitlines()[-2:]) == (130, "", [told, "interrupted"])


def test_what_does_not_end_in_time_is_said_to_be_unfinished(
    google: GoogleProject, project: Project, on_gcp: str
) -> None:
    ordered(google, on_gcp)
    done = project.run("rotate", "session-secret", "--env", on_gcp, "--timeout", "1", "--json")
    assert json.loads(done.stdout)["result"] == "unfinished"
    assert "the rotation of session-secret has not ended within 1 s. The current value still works." in done.stderr
    assert done.returncode == 1


def test_who_may_not_order_is_told_who_may(google: GoogleProject, project: Project, on_gcp: str) -> None:
    ordered(google, on_gcp)
    looking = google.user(f"{on_gcp}-looker", "resourcemanager.projects.get", "secretmanager.secrets.get")
    configured(project.place, on_gcp, google, token_file=looking)
    done = project.run("rotate", "session-secret", "--env", on_gcp)
    assert done.stderr == (
        f"error: {on_gcp}: access denied: these credentials may not call pubsub.topics.publish in project {PROJECT}. "
        f"The administrator of {on_gcp} may: {on_gcp}-administrator@{PROJECT}.iam.gserviceaccount.com.\n"
    )
    assert done.returncode == 1


class Slow:
    """A rotation that is over at the third look."""

    def __init__(self) -> None:
        self.looks = 0

    def displaces(self) -> bool:
        return False

    def submit(self) -> Accepted:
        return Accepted(before=None, wanted="b")

    def outcome(self, accepted: Accepted, since: object) -> Outcome:  # noqa: ARG002 - the protocol's signature
        self.looks += 1
        return Outcome(current="b" if self.looks == 3 else None)

    def advice(self, accepted: Accepted) -> str:  # noqa: ARG002 - the protocol's signature
        return ""


def test_it_looks_until_the_rotation_is_over_and_pauses_in_between() -> None:
    slow, pauses = Slow(), list[float]()
    outcome = wait_for(slow, slow.submit(), now(), 60, pause=pauses.append)
    assert (outcome.current, len(pauses)) == ("b", 2)


def test_only_the_rotators_own_words_about_this_rotation_count_as_its_failure() -> None:
    failed = {"event": "rotation_failed", "secret": "dev/a", "version": "v", "step": "verify", "error": "ValueError"}
    others = [{**failed, "secret": "dev/b"}, {**failed, "version": "w"}, {**failed, "event": "sweep_done"}, [failed]]
    lines = ["START RequestId: 1", *map(json.dumps, others)]
    assert failure_in(lines, "dev/a", "v") is None
    assert failure_in([*lines, json.dumps(failed)], "dev/a", "v") == "verify: ValueError"
