"""What ministack is changed by: listed in one place, there at the start, and each shown by its behaviour."""

import ast
import importlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.patches.registry import PATCHES, SHIFTED, Patch
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, start, trusting
from tests.local_aws.patched import SHOWN, shows
from tests.local_process import until

HERE = Path(__file__).parent
SOURCES = sorted((HERE.parents[1] / "keystead_sandbox/local_aws").rglob("*.py"))
MOST_NAMES = 40
AHEAD = 30 * 86_400


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.path)
def test_every_patch_has_a_test_that_shows_its_behaviour(patch: Patch) -> None:
    for file in HERE.glob("test_*.py"):
        importlib.import_module(f"tests.local_aws.{file.stem}")
    assert SHOWN.get(patch.path)


def test_no_behaviour_is_shown_of_a_patch_that_is_not_there() -> None:
    assert set(SHOWN) <= {patch.path for patch in PATCHES}


def test_the_registry_stays_small() -> None:
    assert len({patch.name for patch in PATCHES}) <= MOST_NAMES


def test_a_name_that_ministack_no_longer_has_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ministack, "PATCHES", (Patch("services.kms", "gone", "a test"),))
    expected = r"ministack has no services\.kms\.gone; the sandbox was tested with ministack 1\.5\.33"
    with pytest.raises(ministack.PatchError, match=expected):
        ministack.check()


def test_a_missing_module_is_refused() -> None:
    with pytest.raises(ministack.PatchError, match="ministack has no module services"):
        ministack.module("services.no_such_service")


@pytest.mark.parametrize(
    "use",
    [
        lambda: ministack.get("services.kms", "_grants"),
        lambda: ministack.replace("services.kms", "_grants", None),
        lambda: ministack.wrap("services.kms", "_grants", lambda known: known),
        lambda: ministack.attribute(SimpleNamespace(_other=1), "_other"),
    ],
)
def test_a_name_that_is_not_in_the_registry_is_not_used(use: Callable[[], Any]) -> None:
    with pytest.raises(ministack.PatchError, match="is not in the registry of patches"):
        use()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_private_name_is_used_past_the_registry(source: Path) -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    assert used == set()


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An account that is thirty days ahead, and the real time before."""
    running = start(tmp_path_factory.mktemp("ahead"))
    before = datetime.now().astimezone().timestamp()
    running.advance(AHEAD)
    yield running, before + AHEAD
    running.stop()


def key_time(account: LocalAccount) -> datetime:
    made: datetime = account.client("kms").create_key()["KeyMetadata"]["CreationDate"]
    return made


def alarm_time(account: LocalAccount) -> datetime:
    client = account.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="timed",
        Namespace="n",
        MetricName="m",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    made: datetime = client.describe_alarms(AlarmNames=["timed"])["MetricAlarms"][0][
        "AlarmConfigurationUpdatedTimestamp"
    ]
    return made


def log_group_time(account: LocalAccount) -> datetime:
    client = account.client("logs")
    client.create_log_group(logGroupName="timed")
    found = client.describe_log_groups(logGroupNamePrefix="timed")["logGroups"][0]
    return datetime.fromtimestamp(found["creationTime"] / 1000).astimezone()


def schedule_time(account: LocalAccount) -> datetime:
    client = account.client("scheduler")
    client.create_schedule_group(Name="timed")
    made: datetime = client.get_schedule_group(Name="timed")["CreationDate"]
    return made


def rule_bus_time(account: LocalAccount) -> datetime:
    client = account.client("events")
    client.create_event_bus(Name="timed")
    made: datetime = client.describe_event_bus(Name="timed")["CreationTime"]
    return made


def session_time(account: LocalAccount) -> datetime:
    role = account.role("timed-session")
    account.client("sts", account.session(role)).get_caller_identity()
    credentials = account.client("sts").assume_role(RoleArn=role, RoleSessionName="timed")["Credentials"]
    made: datetime = credentials["Expiration"]
    return made


def role_time(account: LocalAccount) -> datetime:
    made: datetime = account.client("iam").create_role(
        RoleName="timed-role", AssumeRolePolicyDocument=trusting("lambda.amazonaws.com")
    )["Role"]["CreateDate"]
    return made


def function_time(account: LocalAccount) -> datetime:
    name = f"timed-{uuid.uuid4()}"
    account.function(name, "def handle(event, context): pass")
    modified = account.client("lambda").get_function_configuration(FunctionName=name)["LastModified"]
    return datetime.strptime(modified, "%Y-%m-%dT%H:%M:%S.%f%z")


def retries_time(account: LocalAccount) -> datetime:
    name = f"timed-{uuid.uuid4()}"
    account.function(name, "def handle(event, context): pass")
    made: datetime = account.client("lambda").put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0
    )["LastModified"]
    return made


def message_time(account: LocalAccount) -> datetime:
    sqs, (url, _) = account.client("sqs"), account.queue(f"timed-{uuid.uuid4()}")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sent = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["SentTimestamp"])["Messages"][0]
    return datetime.fromtimestamp(int(sent["Attributes"]["SentTimestamp"]) / 1000).astimezone()


def notification_time(account: LocalAccount) -> datetime:
    sns, (url, queue) = account.client("sns"), account.queue("timed-topic", allow("sqs:SendMessage", Principal="*"))
    topic = sns.create_topic(Name="timed")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.publish(TopicArn=topic, Message="x")
    return datetime.fromisoformat(json.loads(until(lambda: account.messages(url))[0]["Body"])["Timestamp"])


@pytest.mark.cloud
@shows(*(f"{module}.time" for module in SHIFTED), "services.lambda_svc.datetime")
@pytest.mark.parametrize(
    "made",
    [
        key_time,
        alarm_time,
        log_group_time,
        schedule_time,
        rule_bus_time,
        session_time,
        role_time,
        function_time,
        retries_time,
        message_time,
        notification_time,
    ],
)
def test_every_service_has_the_time_of_the_account(
    ahead: tuple[LocalAccount, float], made: Callable[[LocalAccount], datetime]
) -> None:
    account, earliest = ahead
    assert made(account).timestamp() >= earliest - 60


@pytest.mark.cloud
@shows("services.eventbridge.datetime", "services.eventbridge._dispatch_event")
def test_a_moved_label_is_an_event_with_the_time_of_the_account(ahead: tuple[LocalAccount, float]) -> None:
    account, earliest = ahead
    events, name = account.client("events"), f"told-{uuid.uuid4()}"
    url, queue = account.queue(
        "labels", {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Principal": "*"}
    )
    pattern = '{"source": ["aws.secretsmanager"], "detail-type": ["Secret Label Updated"]}'
    events.put_rule(Name="labels", EventPattern=pattern)
    transformer = {
        "InputPathsMap": {"name": "$.detail.name", "label": "$.detail.labelUpdated"},
        "InputTemplate": '"<name> <label> <aws.events.event.ingestion-time>"',
    }
    events.put_targets(Rule="labels", Targets=[{"Id": "1", "Arn": queue, "InputTransformer": transformer}])
    account.client("secretsmanager").create_secret(Name=name, SecretString="x")
    told, label, moment = until(lambda: account.messages(url))[0]["Body"].strip('"').split(" ")
    assert (told, label) == (name, "AWSCURRENT")
    assert datetime.fromisoformat(moment).timestamp() >= earliest - 60


@shows("services.iam._access_keys")
def test_the_deployer_signs_with_the_key_the_account_was_started_with(account: LocalAccount) -> None:
    assert account.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/deployer"
