"""For every type of the table: inputs that make one, a change in place, and a change that replaces it."""

import json
from collections.abc import Callable
from typing import Any

from tests.pulumi_provider.engine_side import EngineSide, Made
from tests.pulumi_provider.every_type import Case, Inputs

ACCOUNT = "000000000042"


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


KEY_POLICY = policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="kms:*", Resource="*")
TRUST = policy(Principal={"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}, Action="sts:AssumeRole")
TLS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "secretsmanager:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)


class Ground:
    """What other resources stand on, each made when first asked for."""

    def __init__(self, engine: EngineSide, code: Inputs) -> None:
        self._engine, self.code = engine, code
        self._made: dict[str, Made] = {}

    def __getattr__(self, name: str) -> Made:
        if name not in self._made:
            type_name, inputs = self._recipes()[name]()
            self._made[name] = self._engine.create(type_name, f"ground-{name}", inputs)
        return self._made[name]

    def renew(self, *names: str) -> None:
        """Remove what a test has used up; the next one gets a new one."""
        for name in names:
            if name in self._made:
                self._engine.delete(self._made.pop(name))

    def close(self) -> None:
        for made in reversed(self._made.values()):
            self._engine.delete(made)

    def _recipes(self) -> dict[str, Callable[[], tuple[str, Inputs]]]:
        return {
            "key": lambda: ("aws:kms/key:Key", {"description": "ground", "multiRegion": True, "policy": KEY_POLICY}),
            "other_key": lambda: ("aws:kms/key:Key", {"description": "other ground"}),
            "role": lambda: ("aws:iam/role:Role", {"name": "ground", "assumeRolePolicy": TRUST}),
            "other_role": lambda: ("aws:iam/role:Role", {"name": "other-ground", "assumeRolePolicy": TRUST}),
            "secret": lambda: ("aws:secretsmanager/secret:Secret", {"name": "ground/a", "recoveryWindowInDays": 0}),
            "other_secret": lambda: (
                "aws:secretsmanager/secret:Secret",
                {"name": "ground/b", "recoveryWindowInDays": 0},
            ),
            "rotated": lambda: ("aws:secretsmanager/secret:Secret", {"name": "ground/c", "recoveryWindowInDays": 0}),
            "other_rotated": lambda: (
                "aws:secretsmanager/secret:Secret",
                {"name": "ground/d", "recoveryWindowInDays": 0},
            ),
            "queue": lambda: ("aws:sqs/queue:Queue", {"name": "ground"}),
            "other_queue": lambda: ("aws:sqs/queue:Queue", {"name": "other-ground"}),
            "topic": lambda: ("aws:sns/topic:Topic", {"name": "ground"}),
            "other_topic": lambda: ("aws:sns/topic:Topic", {"name": "other-ground"}),
            "logs": lambda: ("aws:cloudwatch/logGroup:LogGroup", {"name": "/ground"}),
            "other_logs": lambda: ("aws:cloudwatch/logGroup:LogGroup", {"name": "/other-ground"}),
            "group": lambda: ("aws:scheduler/scheduleGroup:ScheduleGroup", {"name": "ground"}),
            "function": lambda: ("aws:lambda/function:Function", self.lambda_inputs("ground")),
            "invocable": lambda: (
                "aws:lambda/permission:Permission",
                {
                    "function": self.function.state["arn"],
                    "action": "lambda:InvokeFunction",
                    "principal": "secretsmanager.amazonaws.com",
                    "statementId": "ground",
                },
            ),
            "other_function": lambda: ("aws:lambda/function:Function", self.lambda_inputs("other-ground")),
        }

    def sweep(self) -> Inputs:
        """The target of a schedule."""
        return {"arn": self.queue.state["arn"], "roleArn": self.role.state["arn"]}

    def lambda_inputs(self, name: str) -> Inputs:
        return {
            "name": name,
            "role": self.role.state["arn"],
            "runtime": "python3.12",
            "handler": "main.handle",
            "code": self.code,
        }


TAGS = {"tags": {"owner": "payments"}}
RETAGGED = {"tags": {"owner": "orders", "since": "2026"}}

CASES = (
    Case(
        "aws:kms/key:Key",
        lambda _: {
            "description": "encrypts",
            "policy": KEY_POLICY,
            "enableKeyRotation": True,
            "rotationPeriodInDays": 180,
            "deletionWindowInDays": 7,
            **TAGS,
        },
        lambda _: {"description": "encrypts more", "rotationPeriodInDays": 365, "isEnabled": False, **RETAGGED},
        lambda _: {
            "keyUsage": "GENERATE_VERIFY_MAC",
            "customerMasterKeySpec": "HMAC_256",
            "enableKeyRotation": False,
            "rotationPeriodInDays": None,
        },
        unread=frozenset({"deletionWindowInDays"}),
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda ground: {"name": "alias/trial/data", "targetKeyId": ground.key.id},
        lambda ground: {"targetKeyId": ground.other_key.id},
        lambda _: {"name": "alias/trial/other"},
    ),
    Case(
        "aws:kms/replicaKey:ReplicaKey",
        lambda ground: {
            "primaryKeyArn": ground.key.state["arn"],
            "region": "us-west-2",
            "description": "copy",
            "policy": KEY_POLICY,
            "deletionWindowInDays": 7,
            **TAGS,
        },
        lambda _: {"description": "another copy", "enabled": False, **RETAGGED},
        lambda _: {"region": "eu-west-1"},
        imports=lambda made: f"{made.id}@us-west-2",
        unread=frozenset({"deletionWindowInDays"}),
    ),
    Case(
        "aws:kms/grant:Grant",
        lambda ground: {
            "keyId": ground.key.id,
            "name": "reader",
            "granteePrincipal": ground.role.state["arn"],
            "operations": ["Encrypt", "Decrypt"],
            "constraints": [{"encryptionContextSubset": {"environment": "trial"}}],
        },
        None,
        lambda _: {"operations": ["Decrypt"]},
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda ground: {
            "name": "trial/card",
            "description": "charges cards",
            "kmsKeyId": ground.key.state["arn"],
            "recoveryWindowInDays": 0,
            "forceOverwriteReplicaSecret": True,
            "replicas": [{"region": "us-west-2"}],
            **TAGS,
        },
        lambda ground: {
            "description": None,
            "kmsKeyId": ground.other_key.state["arn"],
            "policy": TLS,
            "replicas": [{"region": "eu-west-1"}],
            **RETAGGED,
        },
        lambda _: {"name": "trial/other"},
        unread=frozenset({"recoveryWindowInDays", "forceOverwriteReplicaSecret", "replicas"}),
    ),
    Case(
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        lambda ground: {"secretArn": ground.secret.id, "policy": TLS, "blockPublicPolicy": True},
        lambda _: {"policy": TLS.replace("secretsmanager:*", "secretsmanager:GetSecretValue")},
        lambda ground: {"secretArn": ground.other_secret.id},
        unread=frozenset({"blockPublicPolicy"}),
    ),
    Case(
        "aws:secretsmanager/secretRotation:SecretRotation",
        lambda ground: {
            "secretId": ground.rotated.id,
            "rotationLambdaArn": ground.invocable.state["function"],
            "rotationRules": {"automaticallyAfterDays": 90},
            "rotateImmediately": False,
        },
        lambda _: {"rotationRules": {"scheduleExpression": "rate(30 days)", "duration": "3h"}},
        lambda ground: {"secretId": ground.other_rotated.id},
        stays=True,
        fresh=("rotated", "other_rotated"),
        unread=frozenset({"rotateImmediately"}),
    ),
    Case(
        "aws:iam/role:Role",
        lambda _: {
            "name": "trial-reader",
            "path": "/keystead/",
            "assumeRolePolicy": TRUST,
            "description": "reads",
            "maxSessionDuration": 7200,
            **TAGS,
        },
        lambda _: {
            "assumeRolePolicy": policy(Principal={"Service": "ecs-tasks.amazonaws.com"}, Action="sts:AssumeRole"),
            "description": "reads more",
            "maxSessionDuration": 3600,
            "permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            **RETAGGED,
        },
        lambda _: {"path": "/other/"},
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda ground: {"role": ground.role.id, "name": "read", "policy": policy(Action="sqs:*", Resource="*")},
        lambda _: {"policy": policy(Action="sns:*", Resource="*")},
        lambda _: {"name": "write"},
    ),
    Case(
        "aws:lambda/function:Function",
        lambda ground: {
            **ground.lambda_inputs("trial-rotator"),
            "timeout": 60,
            "memorySize": 256,
            "environment": {"variables": {"ENVIRONMENT": "trial"}},
            "kmsKeyArn": ground.key.state["arn"],
            "deadLetterConfig": {"targetArn": ground.queue.state["arn"]},
            "architectures": ["arm64"],
            "reservedConcurrentExecutions": 5,
            "loggingConfig": {"logFormat": "JSON", "logGroup": "/ground"},
            "tracingConfig": {"mode": "Active"},
            **TAGS,
        },
        lambda ground: {
            "timeout": 30,
            "environment": {"variables": {"ENVIRONMENT": "other"}},
            "deadLetterConfig": None,
            "reservedConcurrentExecutions": None,
            "publish": True,
            "code": {**ground.code, "hash": "b"},
            **RETAGGED,
        },
        lambda _: {"name": "trial-other"},
        unread=frozenset({"code", "publish"}),
    ),
    Case(
        "aws:lambda/permission:Permission",
        lambda ground: {
            "function": ground.function.id,
            "action": "lambda:InvokeFunction",
            "principal": "secretsmanager.amazonaws.com",
            "sourceAccount": ACCOUNT,
            "sourceArn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:trial/*",
            "statementId": "rotate",
        },
        None,
        lambda _: {"sourceArn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:other/*"},
        imports=lambda made: f"{made.state['function']}/{made.id}",
    ),
    Case(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        lambda ground: {
            "functionName": ground.function.id,
            "maximumRetryAttempts": 1,
            "maximumEventAgeInSeconds": 600,
            "destinationConfig": {"onFailure": {"destination": ground.queue.state["arn"]}},
        },
        lambda _: {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 60},
        lambda ground: {"functionName": ground.other_function.id},
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda _: {"name": "/trial/rotator", "retentionInDays": 30, **TAGS},
        lambda _: {"retentionInDays": 365, **RETAGGED},
        lambda _: {"name": "/trial/other"},
    ),
    Case(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        lambda ground: {
            "name": "failures",
            "logGroupName": ground.logs.id,
            "pattern": '{ $.event = "rotation_failed" }',
            "metricTransformation": {"name": "Failed", "namespace": "Keystead", "value": "1", "defaultValue": "0"},
        },
        lambda _: {"pattern": '{ $.event = "rotation_late" }'},
        lambda ground: {"logGroupName": ground.other_logs.id},
        imports=lambda made: f"{made.state['logGroupName']}:{made.id}",
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda ground: {
            "name": "trial-rotation-failed",
            "alarmDescription": "a rotation failed",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "metricName": "Errors",
            "namespace": "AWS/Lambda",
            "period": 300,
            "statistic": "Sum",
            "threshold": 0,
            "dimensions": {"FunctionName": "trial-rotator"},
            "alarmActions": [ground.topic.id],
            "treatMissingData": "notBreaching",
            **TAGS,
        },
        lambda _: {"threshold": 2.5, "period": 60, "dimensions": {"FunctionName": "other"}, **RETAGGED},
        lambda _: {"name": "trial-other"},
    ),
    Case(
        "aws:sqs/queue:Queue",
        lambda ground: {
            "name": "trial-dead-letters",
            "messageRetentionSeconds": 1_209_600,
            "kmsMasterKeyId": ground.key.id,
            **TAGS,
        },
        lambda ground: {
            "visibilityTimeoutSeconds": 90,
            "kmsMasterKeyId": None,
            "sqsManagedSseEnabled": True,
            "redrivePolicy": json.dumps({"deadLetterTargetArn": ground.queue.state["arn"], "maxReceiveCount": 3}),
            **RETAGGED,
        },
        lambda _: {"name": "trial-other"},
    ),
    Case(
        "aws:sqs/queuePolicy:QueuePolicy",
        lambda ground: {
            "queueUrl": ground.queue.id,
            "policy": policy(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage", Resource="*"),
        },
        lambda _: {
            "policy": policy(Principal={"Service": "events.amazonaws.com"}, Action="sqs:SendMessage", Resource="*")
        },
        lambda ground: {"queueUrl": ground.other_queue.id},
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda ground: {"name": "trial-alerts", "displayName": "Alerts", "kmsMasterKeyId": ground.key.id, **TAGS},
        lambda _: {"displayName": "Alarms", "kmsMasterKeyId": None, **RETAGGED},
        lambda _: {"name": "trial-other"},
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda ground: {
            "arn": ground.topic.id,
            "policy": policy(Principal={"Service": "cloudwatch.amazonaws.com"}, Action="sns:Publish", Resource="*"),
        },
        lambda _: {"policy": policy(Principal={"Service": "events.amazonaws.com"}, Action="sns:Publish", Resource="*")},
        lambda ground: {"arn": ground.other_topic.id},
        stays=True,
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda ground: {
            "topic": ground.topic.id,
            "protocol": "sqs",
            "endpoint": ground.queue.state["arn"],
            "rawMessageDelivery": True,
            "filterPolicy": json.dumps({"tier": ["critical"]}),
        },
        lambda _: {"rawMessageDelivery": False, "filterPolicy": json.dumps({"tier": ["high"]})},
        lambda ground: {"endpoint": ground.other_queue.state["arn"]},
    ),
    Case(
        "aws:scheduler/schedule:Schedule",
        lambda ground: {
            "name": "trial-sweep",
            "groupName": ground.group.id,
            "description": "sweeps",
            "scheduleExpression": "rate(1 hour)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {**ground.sweep(), "input": json.dumps({"action": "sweep"})},
        },
        lambda ground: {
            "scheduleExpression": "rate(2 hours)",
            "state": "DISABLED",
            "target": {**ground.sweep(), "retryPolicy": {"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 300}},
        },
        lambda _: {"groupName": "default"},
    ),
    Case(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        lambda _: {"name": "trial", **TAGS},
        lambda _: RETAGGED,
        lambda _: {"name": "trial-other"},
    ),
)
