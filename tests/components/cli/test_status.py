import json
import os
import pty
import re
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest
from keystead.model.alarms import Alarm

from tests.components.cli.conftest import ACCOUNT, Account, Project
from tests.components.cli.test_rotate import settled, with_rotator

DESCRIBING = (
    "kms:DescribeKey",
    "kms:GetKeyRotationStatus",
    "secretsmanager:DescribeSecret",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:ListSecrets",
    "kms:ListAliases",
    "cloudwatch:DescribeAlarms",
)
WAITS = {
    "last_rotation": None,
    "next_rotation": None,
    "overlap_until": None,
    "schedule": None,
    "state": "waiting",
    "text": "waits for its first value",
}


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def cells(text: str) -> list[list[str]]:
    """Return the lines of tables as their cells, however wide the columns are; rules and empty lines are left out."""
    shown = (line.strip() for line in text.splitlines())
    return [re.split(r"\s{2,}", line) for line in shown if line.strip("─")]


def dates(account: Account, environment: str) -> tuple[datetime, datetime]:
    """Return when the session secret got its value and when the data key rotates, in UTC."""
    kms, store = account.client("kms"), account.client("secretsmanager")
    (version,) = store.list_secret_version_ids(SecretId=f"{environment}/session-secret")["Versions"]
    key = kms.describe_key(KeyId=f"alias/{environment}/data")["KeyMetadata"]["KeyId"]
    following = kms.get_key_rotation_status(KeyId=key)["NextRotationDate"]
    return version["CreatedDate"].astimezone(UTC), following.astimezone(UTC)


def rotate(account: Account, name: str) -> None:
    account.client("secretsmanager").put_secret_value(SecretId=name, SecretString="canary-value")


def test_what_the_spec_no_longer_has_is_a_finding(account: Account, project: Project, environment: str) -> None:
    kms, store = account.client("kms"), account.client("secretsmanager")
    store.create_secret(Name=f"{environment}/old-token")
    deleted = store.create_secret(Name=f"{environment}/deleted-token")["ARN"]
    store.delete_secret(SecretId=deleted)
    store.create_secret(Name=f"{environment}x/of-another")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for alias in (f"{environment}/old", f"{environment}/operations", f"{environment}x/of-another"):
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    shown = project.run("status", "--env", environment)
    assert shown.returncode == 1
    assert [line.strip() for line in shown.stdout.splitlines() if "not in the spec" in line] == [
        f"AWS holds the key alias/{environment}/old, which is not in the spec",
        f"AWS holds the secret {environment}/old-token, which is not in the spec",
    ]
    told = project.run("status", "--env", environment, "--json")
    (found,) = json.loads(told.stdout)["environments"]
    assert (told.returncode, found["problems"]) == (1, 2)
    assert found["orphans"] == [
        {"cloud": "aws", "kind": "key", "stored_as": f"alias/{environment}/old"},
        {"cloud": "aws", "kind": "secret", "stored_as": f"{environment}/old-token"},
    ]


def test_a_deployed_environment_is_shown_as_tables_with_what_a_person_has_to_do(
    account: Account, project: Project, environment: str
) -> None:
    rotate(account, f"{environment}/session-secret")
    last, key = dates(account, environment)
    clock = project.place / "clock"
    clock.write_text(str(10 * 86_400))
    shown = project.run("status", "--env", environment, KEYSTEAD_CLOCK=str(clock))
    ago = f"{last:%Y-%m-%d} (10 d ago)"
    assert shown.stderr == ""
    assert cells(shown.stdout) == [
        [environment.upper(), f"tier standard, account {ACCOUNT}, us-east-1"],
        ["Key", "Use", "Rotation", "Protection", "State"],
        ["data", "encrypt", f"every 365 d, next {key:%Y-%m-%d} (in 355 d)", "deleted after 14 d", "enabled"],
        ["tokens", "sign", "none: a new key takes its alias", "deleted after 14 d", "enabled"],
        ["Secret", "Key", "Rotator", "Read by (from)", "Last rotation", "Next rotation", "State"],
        ["processor-key", "data", "manual", "checkout (mesh)", "-", "-", "waits for its first value"],
        ["session-secret", "data", "random", "checkout (mesh)", ago, "-", "current"],
        ["notifier (anywhere)"],
        [f"to do: keystead secret put processor-key --env {environment}"],
    ]
    assert shown.returncode == 0


@pytest.mark.parametrize(
    ("rules", "state", "schedule"),
    [
        ({"AutomaticallyAfterDays": 90}, "current", "every 90d"),
        ({"AutomaticallyAfterDays": 60}, "late", "every 60d"),
        (
            {"ScheduleExpression": "cron(0 2 6 * ? *)", "Duration": "3h"},
            "late",
            "cron(0 2 6 * ? *) for 3h",
        ),
    ],
)
def test_the_next_rotation_and_its_rule_are_the_stores_own(
    account: Account, project: Project, environment: str, rules: dict[str, Any], state: str, schedule: str
) -> None:
    secret, store = with_rotator(account, environment), account.client("secretsmanager")
    rotate(account, secret)
    store.rotate_secret(SecretId=secret, RotationRules=rules, RotateImmediately=False)
    settled(account, secret)
    following = store.describe_secret(SecretId=secret)["NextRotationDate"]
    shown = json.loads(project.run("status", "--env", environment, "--json").stdout)["environments"][0]["secrets"][1]
    assert datetime.fromisoformat(shown["next_rotation"]) == following
    assert (shown["schedule"], shown["state"]) == (schedule, state)
    store.cancel_rotate_secret(SecretId=secret)
    shown = json.loads(project.run("status", "--env", environment, "--json").stdout)["environments"][0]["secrets"][1]
    assert (shown["schedule"], shown["next_rotation"], shown["state"]) == (None, None, "late")


def test_no_line_is_wider_than_a_narrow_terminal(account: Account, project: Project, environment: str) -> None:
    rotate(account, f"{environment}/session-secret")
    shown = project.run("status", COLUMNS="72")
    assert max(map(len, shown.stdout.splitlines())) <= 72
    for fact in ("session-secret", "key data", "random", "notifier", "waits for its", "processor-key"):
        assert fact in shown.stdout


def test_the_json_document_has_every_fact_and_nothing_else(
    account: Account, project: Project, environment: str
) -> None:
    rotate(account, f"{environment}/session-secret")
    shown = project.run("status", "--env", environment, "--json")
    document: dict[str, Any] = json.loads(shown.stdout)
    (found,) = document["environments"]
    assert (document["version"], document["problems"], shown.returncode) == (1, 0, 0)
    assert found["keys"][0] == {
        "name": "data",
        "alias": f"alias/{environment}/data",
        "use": "encrypt",
        "protected": False,
        "rotation_days": 365,
        "next_rotation": found["keys"][0]["next_rotation"],
        "state": "current",
        "text": "enabled",
        "clouds": {
            "aws": {
                "stored_as": f"alias/{environment}/data",
                "next_rotation": found["keys"][0]["next_rotation"],
                "state": "current",
                "text": "enabled",
            }
        },
    }
    waiting, current = found["secrets"]
    assert waiting == {
        "name": "processor-key",
        "stored_as": f"{environment}/processor-key",
        "purpose": "charges cards",
        "owner": "payments",
        "key": "data",
        "rotator": "manual",
        "readers": [{"name": "checkout", "restriction": "mesh", "restrictions": {"aws": "mesh"}}],
        **WAITS,
        "clouds": {"aws": {"stored_as": f"{environment}/processor-key", **WAITS}},
    }
    assert current["readers"] == [
        {"name": "checkout", "restriction": "mesh", "restrictions": {"aws": "mesh"}},
        {"name": "notifier", "restriction": None, "restrictions": {"aws": None}},
    ]
    assert (current["state"], current["next_rotation"], current["schedule"]) == ("current", None, None)
    rest = {name: entry for name, entry in found.items() if name not in ("keys", "secrets")}
    assert rest == {
        "environment": environment,
        "tier": "standard",
        "cloud": {"account": ACCOUNT, "region": "us-east-1"},
        "clouds": {"aws": {"account": ACCOUNT, "region": "us-east-1", "failure": None, "alarms": []}},
        "failure": None,
        "problems": 0,
        "alarms": [],
        "orphans": [],
        "to_do": [f"keystead secret put processor-key --env {environment}"],
    }


def test_who_may_only_describe_sees_everything(account: Account, project: Project, environment: str) -> None:
    rotate(account, f"{environment}/session-secret")
    shown = project.run("status", "--json", **account.user(f"{environment}-auditor", *DESCRIBING))
    assert shown.returncode == 0, shown.stdout
    assert "canary-value" not in shown.stdout + shown.stderr


def test_a_missing_permission_is_named(account: Account, project: Project, environment: str) -> None:
    shown = project.run("status", **account.user(f"{environment}-nobody", *DESCRIBING[:3]))
    assert (
        f" {environment}: access denied: these credentials may not call secretsmanager:ListSecretVersionIds. "
        f"The auditor role of {environment} may." in " ".join(lines(shown.stdout))
    )
    assert (shown.returncode, shown.stderr) == (1, "")


def test_broken_keys_and_secrets_are_problems(account: Account, project: Project, environment: str) -> None:
    kms, store = account.client("kms"), account.client("secretsmanager")
    kms.disable_key(KeyId=f"alias/{environment}/data")
    token = kms.describe_key(KeyId=f"alias/{environment}/tokens")["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=token, PendingWindowInDays=7)
    store.delete_secret(SecretId=f"{environment}/session-secret", RecoveryWindowInDays=7)
    store.delete_secret(SecretId=f"{environment}/processor-key", ForceDeleteWithoutRecovery=True)
    shown = project.run("status", "--json")
    (found,) = json.loads(shown.stdout)["environments"]
    states = {item["name"]: item["state"] for item in found["keys"] + found["secrets"]}
    assert states == {
        "data": "disabled",
        "tokens": "deleting",
        "session-secret": "deleting",
        "processor-key": "missing",
    }
    assert (found["problems"], shown.returncode) == (4, 1)


def raised(account: Account, name: str) -> None:
    alarms = account.client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName=name,
        Namespace="Keystead",
        MetricName="failed",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
    )
    alarms.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")


@pytest.mark.parametrize("alarm", [Alarm.FAILED, Alarm.LATE, Alarm.GIVEN_UP])
def test_a_raised_alarm_is_a_problem(account: Account, project: Project, environment: str, alarm: Alarm) -> None:
    raised(account, f"{environment}-{alarm}")
    shown = project.run("status")
    assert f" alarm raised: {environment}-{alarm}" in lines(shown.stdout)
    assert shown.returncode == 1


def test_sweeps_that_stay_away_are_a_problem_once_the_first_one_is_overdue(
    account: Account, project: Project, environment: str
) -> None:
    raised(account, f"{environment}-{Alarm.UNWATCHED}")
    fresh = project.run("status")
    assert ("alarm" in fresh.stdout, fresh.returncode) == (False, 0)
    clock = project.place / "clock"
    clock.write_text(str(2 * 3_600))
    shown = project.run("status", KEYSTEAD_CLOCK=str(clock))
    assert f" alarm raised: {environment}-rotation-unwatched" in lines(shown.stdout)
    assert shown.returncode == 1


def test_a_value_that_a_person_must_provide_raises_no_problem(
    account: Account, project: Project, environment: str
) -> None:
    raised(account, f"{environment}-{Alarm.DUE}")
    shown = project.run("status")
    assert ("alarm" in shown.stdout, shown.returncode) == (False, 0)


def test_time_is_the_sandboxs_where_it_has_a_clock(account: Account, project: Project, environment: str) -> None:
    rotate(account, f"{environment}/processor-key")
    clock = project.place / "clock"
    clock.write_text(str(91 * 86_400))
    shown = project.run("status", "--json", KEYSTEAD_CLOCK=str(clock))
    (found,) = json.loads(shown.stdout)["environments"]
    assert {item["name"]: item["state"] for item in found["secrets"]}["processor-key"] == "reminder"


def test_an_environment_that_is_not_deployed_says_how_to_bring_it_up(account: Account, project: Project) -> None:
    project.describe("fresh")
    shown = project.run("status", **account.credentials)
    assert " fresh: not deployed. Bring it up with: pulumi up -s fresh" in lines(shown.stdout)
    assert (shown.returncode, shown.stderr) == (1, "")


def test_an_account_that_is_not_the_specs_is_not_looked_at(account: Account, project: Project) -> None:
    project.describe("other", aws={"account": "999999999999"})
    shown = project.run("status", "--json", **account.credentials)
    (found,) = json.loads(shown.stdout)["environments"]
    assert found["failure"] == (
        f"other: the default AWS credentials belong to account {ACCOUNT}, but the environment lives in 999999999999. "
        "Nothing was read or written. Give credentials of 999999999999, best as an AWS profile named 'other'."
    )
    assert (found["keys"], found["secrets"], shown.returncode) == ([], [], 1)


def test_a_cloud_that_does_not_answer_hides_no_other_environment(
    account: Account, project: Project, environment: str
) -> None:
    project.describe("away")
    config = project.place / "config"
    config.write_text(
        "[profile away]\nendpoint_url = http://127.0.0.1:9\naws_access_key_id = x\naws_secret_access_key = x\n"
        f"[profile {environment}]\nendpoint_url = {account.endpoint}\nca_bundle = {account.authority}\n"
        f"aws_access_key_id = {account.key}\naws_secret_access_key = {account.secret}\n"
    )
    project.environment.clear()
    shown = project.run("status", "--json", AWS_CONFIG_FILE=str(config))
    failures = {found["environment"]: found["failure"] for found in json.loads(shown.stdout)["environments"]}
    assert failures == {
        "away": "away: http://127.0.0.1:9/ does not answer. Check the network; for the sandbox: "
        "python -m sandbox status.",
        environment: None,
    }


def test_without_credentials_it_says_how_to_log_in(project: Project) -> None:
    project.describe("dev")
    shown = project.run("status")
    assert "no AWS credentials found" in shown.stdout
    assert (shown.returncode, "Traceback" in shown.stderr) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--env", "dve"), "error: --env dve: no Pulumi.dve.yaml in {stacks}; there are dev. Did you mean 'dev'?\n"),
        (("--stacks", "nowhere"), "error: --stacks nowhere: there is no such directory.\n"),
    ],
)
def test_a_wrong_choice_is_refused_with_what_there_is(project: Project, arguments: tuple[str, ...], text: str) -> None:
    project.describe("dev")
    shown = project.run("status", *arguments)
    assert (shown.returncode, shown.stdout, shown.stderr) == (2, "", text.format(stacks=project.stacks))


def test_outside_a_project_it_says_what_it_looks_for(project: Project) -> None:
    shown = project.run("status")
    assert shown.stderr == (
        f"error: no stacks/base.yaml in {project.place} or above it. Run inside the project, or give --stacks DIR.\n"
    )
    assert shown.returncode == 2


def on_terminal(project: Project, *arguments: str, **environment: str) -> str:
    """Run the command with its output on a terminal and return what the terminal got."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb") as seen:
        settings = project.settings(TERM="xterm-256color", COLUMNS="150", **environment)
        with subprocess.Popen(
            project.command(*arguments), cwd=project.place, env=settings, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            parts = []
            try:
                while part := os.read(seen.fileno(), 65_536):
                    parts.append(part)
            except OSError:  # how Linux says that the other end of a terminal was closed
                pass
            process.wait(timeout=30)
    return b"".join(parts).decode()


def test_an_environment_has_its_colour_on_a_terminal_and_none_elsewhere(project: Project, environment: str) -> None:
    project.describe(environment, colour="magenta")
    assert f"\x1b[1;35m{environment.upper()}\x1b[0m" in on_terminal(project, "status")
    assert "\x1b[1;35m" not in on_terminal(project, "status", NO_COLOR="1")
    assert "\x1b" not in project.run("status").stdout
