"""What the plugin refuses before anything is created, and what it fills in."""

import re
from typing import Any

import pytest
from keystead_sandbox.pulumi_provider import checking
from keystead_sandbox.pulumi_provider.aws.cloud import SETTINGS
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES
from keystead_sandbox.pulumi_provider.errors import UnsupportedError
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN
from tests.pulumi_provider.aws.cases import KEY_POLICY, TRUST

KEY = "aws:kms/key:Key"
SECRET = "aws:secretsmanager/secret:Secret"
ROLE = "aws:iam/role:Role"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
FUNCTION = "aws:lambda/function:Function"
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
LAMBDA = {"role": "arn", "code": UNKNOWN, "runtime": "python3.12", "handler": "main.handle"}
PROBLEMS: list[tuple[str, dict[str, Any], str, str]] = [
    (KEY, {"descripton": "x"}, "descripton", "has no property 'descripton'.*did you mean 'description'"),
    (KEY, {"xksKeyId": "x"}, "xksKeyId", "aws:kms/key:Key has 'xksKeyId', but the sandbox does not serve it"),
    (KEY, {"description": 7}, "description", "expected a string, got a number"),
    (KEY, {"enableKeyRotation": "yes"}, "enableKeyRotation", "expected a boolean, got a string"),
    (KEY, {"keyUsage": "ENCRYPT"}, "keyUsage", "expected one of .*did you mean 'ENCRYPT_DECRYPT'"),
    (KEY, {"deletionWindowInDays": 3}, "deletionWindowInDays", "expected 7 to 30, got 3"),
    (KEY, {"deletionWindowInDays": 7.5}, "deletionWindowInDays", "expected a whole number"),
    (KEY, {"rotationPeriodInDays": 180}, "rotationPeriodInDays", "needs enableKeyRotation"),
    (KEY, {"policy": "{]"}, "policy", "contains invalid JSON: line 1 column 2"),
    (KEY, {"policy": {"Version": "1"}}, "policy", "expected JSON in a string, got an object"),
    (KEY, {"tags": {"owner": 1}}, "tags.owner", "expected a string, got a number"),
    (KEY, {"tags": ["owner"]}, "tags", "expected an object of strings, got a list"),
    (SECRET, {"recoveryWindowInDays": 5}, "recoveryWindowInDays", "expected 7 to 30 or 0, got 5"),
    (SECRET, {"replicas": [{"kmsKeyId": "k"}]}, "replicas[0].region", "missing required property"),
    (SECRET, {"replicas": [{"region": "us-west-2", "kms": "k"}]}, "replicas[0].kms", "unknown property; known are"),
    (ROLE, {}, "assumeRolePolicy", "missing required property"),
    (ROLE, {"assumeRolePolicy": TRUST, "maxSessionDuration": 60}, "maxSessionDuration", "expected 3600 to 43200"),
    (ROLE, {"assumeRolePolicy": TRUST, "region": "us-east-1"}, "region", "has no property 'region'"),
    (ALARM, {"comparisonOperator": "More", "evaluationPeriods": 1}, "comparisonOperator", "expected one of"),
    (ALARM, {"comparisonOperator": "GreaterThanThreshold"}, "evaluationPeriods", "missing required property"),
    (
        ALARM,
        {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1, "metricName": "Errors"},
        "statistic",
        "exactly one of statistic and extendedStatistic",
    ),
    (FUNCTION, {**LAMBDA, "runtime": "python2"}, "runtime", "expected one of"),
    (FUNCTION, {**LAMBDA, "environment": {"vars": {}}}, "environment.vars", "unknown property; known are variables"),
    (FUNCTION, {**LAMBDA, "deadLetterConfig": {}}, "deadLetterConfig.targetArn", "missing required property"),
    (FUNCTION, {**LAMBDA, "code": "x"}, "code", "expected a FileArchive or an AssetArchive, got a string"),
    (ROTATION, {"secretId": "s"}, "rotationRules", "is required unless rotationEnabled is false"),
    (
        ROTATION,
        {"secretId": "s", "rotationRules": {"automaticallyAfterDays": 3, "scheduleExpression": "rate(3 days)"}},
        "rotationRules",
        "exactly one of",
    ),
]


def _check(type_name: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> tuple[dict[str, Any], Any]:
    return checking.check(RESOURCES.find(type_name), "subject", news, olds or {}, b"seed")


@pytest.mark.parametrize(("type_name", "news", "path", "reason"), PROBLEMS)
def test_a_wrong_property_is_refused_by_name(type_name: str, news: dict[str, Any], path: str, reason: str) -> None:
    _, failures = _check(type_name, news)
    assert path in dict(failures)
    assert re.search(reason, dict(failures)[path])


def test_every_wrong_property_is_named_at_once() -> None:
    _, failures = _check(KEY, {"descripton": "x", "enableKeyRotation": "yes", "tags": 3})
    assert [name for name, _ in failures] == ["descripton", "enableKeyRotation", "tags"]


def test_a_refusal_never_repeats_the_value() -> None:
    _, failures = _check(SECRET, {"description": ["canary-4711"], "policy": "{canary-4711", "kmsKeyId": 4711.5})
    assert len(failures) == 3
    assert "4711" not in str(failures)


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match=r"cannot make aws:kms/keys:Key;.*did you mean 'aws:kms/key:Key'"):
        RESOURCES.find("aws:kms/keys:Key")


def test_what_is_known_only_later_passes_the_check() -> None:
    inputs = {"targetKeyId": UNKNOWN, "name": "alias/x"}
    assert _check("aws:kms/alias:Alias", inputs)[1] == []
    nested = {"rotationLambdaArn": UNKNOWN, "secretId": UNKNOWN, "rotationRules": {"automaticallyAfterDays": UNKNOWN}}
    assert _check(ROTATION, nested)[1] == []


def test_defaults_of_the_official_provider_are_filled_in() -> None:
    inputs, failures = _check(KEY, {"policy": KEY_POLICY})
    assert failures == []
    assert inputs["keyUsage"] == "ENCRYPT_DECRYPT"
    assert inputs["isEnabled"] is True
    assert "isEnabled" in inputs["__defaults"]


def test_a_name_is_made_once_and_kept() -> None:
    first, _ = _check(ROLE, {"assumeRolePolicy": TRUST})
    assert re.fullmatch(r"subject-[0-9a-f]{7}", first["name"])
    again, _ = checking.check(RESOURCES.find(ROLE), "subject", {"assumeRolePolicy": TRUST}, first, b"another seed")
    assert again["name"] == first["name"]
    chosen, _ = _check(ROLE, {"assumeRolePolicy": TRUST, "name": "mine"}, first)
    assert chosen["name"] == "mine"
    assert "name" not in chosen["__defaults"]


def test_made_names_keep_what_a_service_asks_of_them() -> None:
    assert _check("aws:kms/alias:Alias", {"targetKeyId": "k"})[0]["name"].startswith("alias/subject-")
    assert _check("aws:sqs/queue:Queue", {"fifoQueue": True})[0]["name"].endswith(".fifo")
    long, _ = checking.check(RESOURCES.find(ROLE), "x" * 200, {"assumeRolePolicy": TRUST}, {}, b"seed")
    assert len(long["name"]) == 64


def test_an_unknown_provider_setting_is_refused_with_what_was_meant() -> None:
    assert SETTINGS.check({"region": "us-east-1", "defaultTags": "{}", "version": "7.51.1"}) == []
    ((name, reason),) = SETTINGS.check({"allowedAcountIds": '["1"]'})
    assert name == "allowedAcountIds"
    assert "did you mean 'allowedAccountIds'" in reason
