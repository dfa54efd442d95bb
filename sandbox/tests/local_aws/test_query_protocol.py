from typing import Any
from urllib.parse import urlencode

import botocore.loaders
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from tests.local_aws.conftest import REGION, LocalAccount

MODEL = ServiceModel(botocore.loaders.create_loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")

DECLARED = {
    "AlarmName": "queried",
    "AlarmDescription": "a <rotation> is late",
    "ActionsEnabled": False,
    "AlarmActions": ["arn:aws:sns:us-east-1:111111111111:alerts"],
    "InsufficientDataActions": ["arn:aws:sns:us-east-1:111111111111:silence"],
    "Namespace": "Keystead/dev",
    "MetricName": "rotation_late",
    "Dimensions": [{"Name": "secret", "Value": "token"}],
    "Statistic": "Sum",
    "Period": 3600,
    "EvaluationPeriods": 2,
    "DatapointsToAlarm": 1,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}


def queried(account: LocalAccount, name: str, **fields: Any) -> Any:
    """The answer in the query protocol, which boto3 no longer speaks to CloudWatch."""
    operation = MODEL.operation_model(name)
    body = urlencode(create_serializer("query").serialize_to_request(fields, operation)["body"])
    request = AWSRequest(
        "POST", account.endpoint, {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, body
    )
    SigV4Auth(Credentials(*account.deployer), "monitoring", REGION).add_auth(request)
    with requests.post(
        account.endpoint,
        data=body,
        headers=dict(request.headers),
        verify=str(account.directory / "ca.pem"),
        timeout=20,
    ) as answer:
        told = {"status_code": answer.status_code, "headers": dict(answer.headers), "body": answer.content}
    return create_parser("query").parse(told, operation.output_shape)


def test_an_alarm_is_put_and_described_in_full_in_the_query_protocol(account: LocalAccount) -> None:
    assert "Error" not in queried(account, "PutMetricAlarm", **DECLARED)
    (found,) = queried(account, "DescribeAlarms", AlarmNames=["queried"])["MetricAlarms"]
    assert {name: found.get(name) for name in DECLARED} == DECLARED
    (same,) = account.client("cloudwatch").describe_alarms(AlarmNames=["queried"])["MetricAlarms"]
    assert found["AlarmConfigurationUpdatedTimestamp"] == same["AlarmConfigurationUpdatedTimestamp"]


def test_a_refused_query_is_answered_in_the_query_protocol(account: LocalAccount) -> None:
    tags = [{"Key": "aws:owner", "Value": "nobody"}]
    refused = queried(account, "PutMetricAlarm", **{**DECLARED, "AlarmName": "refused", "Tags": tags})
    assert refused["Error"]["Code"] == "AccessDenied"
    assert "aws:" in refused["Error"]["Message"]
