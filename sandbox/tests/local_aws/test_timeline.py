import json
import threading
import urllib.error
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, deny, policy, refusal, trusting
from tests.local_aws.patched import shows
from tests.local_process import until

DAY = 86_400
SPEAKER = """
import json
def handle(event, context):
    print(json.dumps({"event": event.get("say", "swept"), "count": 3}))
    if event.get("fail"):
        raise ValueError("told to fail")
"""
ALARM = {
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


def scheduled(
    account: LocalAccount, name: str, function: str, expression: str, *may: dict[str, Any], **target: Any
) -> None:
    role = account.role(
        f"{name}-schedules",
        *(may or (allow("lambda:InvokeFunction", function),)),
        trust=trusting("scheduler.amazonaws.com"),
    )
    account.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": function, "RoleArn": role, "Input": '{"say": "' + name + '"}', **target},
    )


def ran(account: LocalAccount, function: str, what: str) -> int:
    return sum(line.get("event") == what for line in account.logged(function))


def alarm_state(account: LocalAccount, name: str) -> str:
    return str(account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])


def announced(account: LocalAccount, url: str) -> list[tuple[str, str]]:
    notes = [json.loads(json.loads(message["Body"])["Message"]) for message in account.messages(url)]
    return [(note["AlarmName"], note["NewStateValue"]) for note in notes]


@pytest.fixture(scope="module")
def topic(account: LocalAccount) -> tuple[str, str]:
    """A topic that a queue listens to, and the queue's address."""
    sns = account.client("sns")
    arn = sns.create_topic(Name="alerts")["TopicArn"]
    admitted = allow("sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"})
    url, queue = account.queue("listens", admitted)
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    return arn, url


@shows(
    "services.scheduler._schedules", "services.eventbridge._cron_next_fire", "services.eventbridge._parse_cron_fields"
)
def test_a_schedule_calls_its_function_with_its_input_at_its_times(account: LocalAccount) -> None:
    function = account.function("daily", SPEAKER)
    scheduled(account, "every-day", function, "cron(30 3 * * ? *)")
    events = [event for event in account.advance(3 * DAY) if event["name"] == "default/every-day"]
    assert [event["result"] for event in events] == ["invoked"] * 3
    assert {datetime.fromisoformat(event["at"]).strftime("%H:%M") for event in events} == {"03:30"}
    assert ran(account, "daily", "every-day") == 3


def test_a_long_advance_leaves_occurrences_out_but_never_the_last(account: LocalAccount) -> None:
    function = account.function("hourly", SPEAKER)
    scheduled(account, "every-hour", function, "rate(1 hour)")
    events = [event for event in account.advance(200 * DAY) if event["name"] == "default/every-hour"]
    moments = [datetime.fromisoformat(event["at"]).timestamp() for event in events]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps) <= 10 * DAY + 3600
    assert min(gaps[:-1]) >= DAY
    now = datetime.now(UTC).timestamp() + account.ask("status")[0]["offset"]
    assert now - moments[-1] <= 3600


def test_a_schedule_that_may_not_call_its_function_fills_its_dead_letter_queue(account: LocalAccount) -> None:
    function = account.function("uncalled", SPEAKER)
    url, queue = account.queue("schedule-letters")
    scheduled(
        account, "powerless", function, "rate(1 day)", allow("sqs:SendMessage", queue), DeadLetterConfig={"Arn": queue}
    )
    account.advance(DAY + 60)
    message = account.messages(url)[0]
    assert json.loads(message["Body"]) == {"say": "powerless"}
    assert message["MessageAttributes"]["TARGET_ARN"]["StringValue"] == function
    assert ran(account, "uncalled", "powerless") == 0


@shows("services.iam._roles")
def test_a_schedule_needs_a_role_the_scheduler_can_assume(account: LocalAccount) -> None:
    role = account.role("not-the-schedulers")
    schedule = {
        "Name": "refused",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:any", "RoleArn": role},
    }
    assert refusal(lambda: account.client("scheduler").create_schedule(**schedule)) == (
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    )


@shows("services.lambda_svc.invoke_async_with_retry")
def test_a_failing_event_is_tried_three_times_and_then_a_dead_letter(account: LocalAccount) -> None:
    url, queue = account.queue("letters")
    account.function("fails", SPEAKER, DeadLetterConfig={"TargetArn": queue})
    payload = {"fail": True, "say": "failing"}
    account.client("lambda").invoke(FunctionName="fails", InvocationType="Event", Payload=json.dumps(payload))
    messages = until(lambda: account.messages(url))
    assert json.loads(messages[0]["Body"]) == payload
    assert messages[0]["MessageAttributes"]["ErrorMessage"]["StringValue"] == "told to fail"
    assert ran(account, "fails", "failing") == 3


def test_a_dead_letter_reaches_a_queue_that_denies_what_comes_without_tls(account: LocalAccount) -> None:
    without_tls = deny("sqs:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    url, queue = account.queue("secure-letters", without_tls)
    account.function("fails-securely", SPEAKER, DeadLetterConfig={"TargetArn": queue})
    client = account.client("lambda")
    client.put_function_event_invoke_config(FunctionName="fails-securely", MaximumRetryAttempts=0)
    client.invoke(FunctionName="fails-securely", InvocationType="Event", Payload=b'{"fail": true, "say": "secured"}')
    assert json.loads(until(lambda: account.messages(url))[0]["Body"])["say"] == "secured"


def test_retries_and_destination_are_the_functions_own(account: LocalAccount) -> None:
    url, queue = account.queue("destination")
    account.function("fails-once", SPEAKER)
    account.client("lambda").put_function_event_invoke_config(
        FunctionName="fails-once", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    account.client("lambda").invoke(FunctionName="fails-once", InvocationType="Event", Payload=b'{"fail": true}')
    record = json.loads(until(lambda: account.messages(url))[0]["Body"])
    assert record["requestPayload"] == {"fail": True}
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_a_function_that_may_not_write_to_its_queue_loses_the_event(account: LocalAccount) -> None:
    url, queue = account.queue("unwritable")
    account.function("mute", SPEAKER, allow("logs:*"), DeadLetterConfig={"TargetArn": queue})
    account.client("lambda").invoke(
        FunctionName="mute", InvocationType="Event", Payload=b'{"fail": true, "say": "lost"}'
    )
    until(lambda: ran(account, "mute", "lost") == 3)
    account.advance(10)
    assert account.messages(url) == []


@shows(
    "services.cloudwatch._alarms",
    "services.cloudwatch._metrics",
    "services.cloudwatch._calc_stats",
    "services.cloudwatch._stat_value",
)
def test_errors_of_one_function_ring_its_alarm_only_and_it_stops_by_itself(
    account: LocalAccount, topic: tuple[str, str]
) -> None:
    alerts, url = topic
    cloudwatch = account.client("cloudwatch")
    for name in ("rings", "silent"):
        account.function(name, SPEAKER)
        dimensions = [{"Name": "FunctionName", "Value": name}]
        metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}
        cloudwatch.put_metric_alarm(AlarmName=f"{name}-failed", AlarmActions=[alerts], **metric, **ALARM)
    until(lambda: alarm_state(account, "rings-failed") == "OK")
    account.client("lambda").invoke(FunctionName="rings", Payload=b'{"fail": true}')
    until(lambda: alarm_state(account, "rings-failed") == "ALARM")
    assert alarm_state(account, "silent-failed") == "OK"
    assert announced(account, url) == [("rings-failed", "ALARM")]
    account.advance(700)
    assert alarm_state(account, "rings-failed") == "OK"


@shows(
    "services.cloudwatch_logs._compile_filter_pattern",
    "services.cloudwatch_logs._fanout_to_subscription_filters",
    "services.cloudwatch_logs._metric_filters",
)
def test_what_is_logged_becomes_a_metric_and_rings(account: LocalAccount, topic: tuple[str, str]) -> None:
    alerts, url = topic
    account.function("logs-late", SPEAKER)
    logs = account.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/logs-late")
    logs.put_metric_filter(
        logGroupName="/aws/lambda/logs-late",
        filterName="late",
        filterPattern='{ $.event = "rotation_late" }',
        metricTransformations=[{"metricName": "Late", "metricNamespace": "Keystead", "metricValue": "$.count"}],
    )
    above = {**ALARM, "Threshold": 2}
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="late", Namespace="Keystead", MetricName="Late", AlarmActions=[alerts], **above
    )
    account.client("lambda").invoke(FunctionName="logs-late", Payload=b'{"say": "rotation_on_time"}')
    account.advance(1)
    assert alarm_state(account, "late") == "OK"
    account.client("lambda").invoke(FunctionName="logs-late", Payload=b'{"say": "rotation_late"}')
    until(lambda: alarm_state(account, "late") == "ALARM")
    assert ("late", "ALARM") in announced(account, url)


@pytest.mark.parametrize(
    ("missing", "state"),
    [("missing", "INSUFFICIENT_DATA"), ("notBreaching", "OK"), ("breaching", "ALARM"), ("ignore", "INSUFFICIENT_DATA")],
)
def test_missing_data_counts_as_the_alarm_says(account: LocalAccount, missing: str, state: str) -> None:
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=f"missing-{missing}", Namespace="None", MetricName="None", **{**ALARM, "TreatMissingData": missing}
    )
    account.advance(1)
    assert alarm_state(account, f"missing-{missing}") == state


def test_an_alarm_on_missing_sweeps_is_calm_while_sweeps_are_left_out(own_account: LocalAccount) -> None:
    function = own_account.function("swept", SPEAKER)
    scheduled(own_account, "sweep", function, "rate(6 hours)")
    watched = {**ALARM, "Period": DAY, "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    own_account.client("cloudwatch").put_metric_alarm(
        AlarmName="unwatched",
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": "swept"}],
        **{**watched, "TreatMissingData": "breaching"},
    )
    own_account.advance(7 * 3600)
    rings = [event for event in own_account.advance(100 * DAY) if event["result"] == "OK -> ALARM"]
    assert rings == []
    own_account.client("scheduler").delete_schedule(Name="sweep")
    own_account.advance(3 * DAY)
    assert alarm_state(own_account, "unwatched") == "ALARM"


def test_sweeps_that_take_place_and_measure_nothing_are_missed(own_account: LocalAccount) -> None:
    function = own_account.function("swept", SPEAKER)
    scheduled(own_account, "sweep", function, "rate(6 hours)")
    cloudwatch, metric = own_account.client("cloudwatch"), {"Namespace": "Own", "MetricName": "Sweeps"}
    watched = {**ALARM, "Period": DAY, "ComparisonOperator": "LessThanThreshold", "Threshold": 1}
    cloudwatch.put_metric_alarm(AlarmName="unwatched", **metric, **{**watched, "TreatMissingData": "breaching"})
    own_account.advance(7 * 3600)
    cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "Sweeps", "Value": 1.0}])
    until(lambda: alarm_state(own_account, "unwatched") == "OK")
    own_account.advance(20 * DAY)
    assert alarm_state(own_account, "unwatched") == "ALARM"


@shows("services.cloudwatch._dispatch_alarm_actions")
def test_a_topic_that_does_not_admit_cloudwatch_is_not_told(own_account: LocalAccount) -> None:
    sns, heard = own_account.client("sns"), {}
    listens = allow("sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"})
    for name, principal in (("closed", {"AWS": ACCOUNT}), ("open", {"Service": "cloudwatch.amazonaws.com"})):
        topic = sns.create_topic(Name=name, Attributes={"Policy": policy(allow("sns:Publish", Principal=principal))})
        url, queue = own_account.queue(name, listens)
        sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=queue)
        heard[topic["TopicArn"]] = url
    own_account.client("cloudwatch").put_metric_alarm(
        AlarmName="half-heard",
        Namespace="None",
        MetricName="None",
        AlarmActions=list(heard),
        **{**ALARM, "TreatMissingData": "breaching", "ComparisonOperator": "LessThanThreshold"},
    )
    until(lambda: alarm_state(own_account, "half-heard") == "ALARM")
    closed, opened = heard.values()
    assert until(lambda: announced(own_account, opened)) == [("half-heard", "ALARM")]
    assert own_account.messages(closed) == []


@shows("services.cloudwatch._evaluate_alarm")
def test_a_metric_with_other_dimensions_rings_no_alarm(account: LocalAccount) -> None:
    cloudwatch = account.client("cloudwatch")
    own, other = ([{"Name": "Key", "Value": value}] for value in ("own", "other"))
    metric = {"Namespace": "Own", "MetricName": "Uses"}
    cloudwatch.put_metric_alarm(AlarmName="own-uses", Dimensions=own, **metric, **ALARM)
    datum = {"MetricName": "Uses", "Dimensions": other, "Value": 5.0}
    cloudwatch.put_metric_data(Namespace="Own", MetricData=[datum])
    until(lambda: alarm_state(account, "own-uses") == "OK")
    history = cloudwatch.describe_alarm_history(AlarmName="own-uses", HistoryItemType="StateUpdate")
    assert "ALARM" not in str([item["HistorySummary"] for item in history["AlarmHistoryItems"]])


def test_an_alarm_the_sandbox_cannot_evaluate_is_refused(account: LocalAccount) -> None:
    query = {"Id": "a", "Expression": "1 + 1"}
    math = {
        "AlarmName": "math",
        "Metrics": [query],
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    assert refusal(lambda: account.client("cloudwatch").put_metric_alarm(**math, Threshold=1))[0] == "ValidationError"


def test_a_pattern_aws_cannot_read_is_refused(account: LocalAccount) -> None:
    logs = account.client("logs")
    logs.create_log_group(logGroupName="patterns")
    put = {"logGroupName": "patterns", "filterName": "broken", "filterPattern": '{ $.event == "x" }'}
    metric = {"metricName": "M", "metricNamespace": "N", "metricValue": "1"}
    assert (
        refusal(lambda: logs.put_metric_filter(**put, metricTransformations=[metric]))[0] == "InvalidParameterException"
    )


def test_two_advances_at_once_end_where_the_further_one_leads(account: LocalAccount) -> None:
    offset = account.ask("status")[0]["offset"]
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda to=to: answers.append(account.ask("advance", {"to": to})[-1]))
        for to in (offset + 5 * DAY, offset + 2 * DAY)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=40)
    assert [answer["done"] for answer in answers] == [True, True]
    assert account.ask("status")[0]["offset"] == offset + 5 * DAY


def test_the_clock_never_goes_back_and_is_shared_when_all_is_done(account: LocalAccount) -> None:
    offset = account.ask("status")[0]["offset"]
    account.ask("advance", {"to": 0})
    assert account.ask("status")[0]["offset"] == offset
    account.advance(5)
    assert int((account.directory / "clock").read_text()) == offset + 5


@pytest.mark.parametrize("to", [-1, 1.5, "90d", None, True])
def test_an_advance_takes_a_whole_number_of_seconds(account: LocalAccount, to: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        account.ask("advance", {"to": to})
    with refused.value:
        assert "a whole number of at least 0" in refused.value.read().decode()
