"""The rotator on AWS: one function for all secrets of an environment, its role, log and dead letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from keystead.aws.encryption import EncryptionKey
from keystead.aws.role_list import rotator_role
from keystead.aws.roles import policy_of
from keystead.aws.schedule import Rotated, schedule_rotations
from keystead.aws.secret import Secret
from keystead.aws.statements import deny_without_tls, document, written
from keystead.aws.triggers import schedule_sweep
from keystead.model.aws.rotation_rules import RotationRules, rotation_rules
from keystead.model.aws.scope import AwsScope
from keystead.packaging.rotator import rotator_archive
from keystead.spec.environment import OPERATIONS_KEY, EnvironmentSpec

RUNTIME = "python3.13"
TIMEOUT_SECONDS = 300
"""Enough for a sweep that has to look at each of 1,000 secrets by itself, and much more than any of the four steps."""
MEMORY_MB = 256


@dataclass(frozen=True)
class RotatorArgs:
    """What the rotator needs to know of its environment."""

    scope: AwsScope
    spec: EnvironmentSpec
    keys: Mapping[str, EncryptionKey]
    secrets: Mapping[str, Secret]
    operations: EncryptionKey
    """Key for the log and the dead letters."""
    followers_ready: Sequence[pulumi.Resource] = field(default=())
    """What must exist on other clouds before a mirrored secret is rotated."""


class Rotator(pulumi.ComponentResource):
    """The rotator of one environment: a function, its role, log, dead letters, sweep, and each secret's schedule.

    Deploying a schedule rotates the secret at once, which creates its first value; changing the schedule does not.
    Secrets whose values people provide have no schedule: the hourly sweep reminds of them and ends overlaps.
    """

    function: pulumi.Output[str]
    """Name of the rotator's function."""
    role_arn: pulumi.Output[str]
    """ARN of the rotator's role."""
    log_group: pulumi.Output[str]
    """Name of the rotator's log group."""
    dead_letters: pulumi.Output[str]
    """URL of the queue that keeps events which failed for good."""

    def __init__(self, name: str, args: RotatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:aws:Rotation", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        scope = args.scope
        log = aws.cloudwatch.LogGroup(
            "rotator",
            name=scope.rotator_log,
            retention_in_days=args.spec.defaults.log_retention.days,
            kms_key_id=args.operations.arn,
            opts=self._child,
        )
        queue = self._dead_letters()
        role, policy = self._role()
        function = self._function(role, queue, [log, policy])
        permission = aws.lambda_.Permission(
            "rotator",
            action="lambda:InvokeFunction",
            function=function.name,
            principal="secretsmanager.amazonaws.com",
            source_account=scope.account,
            opts=self._child,
        )
        schedule_sweep(scope, function, queue, args.operations.arn, self)
        schedule_rotations(scope.environment, self._rotated(), function, [permission, policy], self)
        self.function, self.role_arn = function.name, role.arn
        self.log_group, self.dead_letters = log.name, queue.url
        self.register_outputs(
            {
                "function": self.function,
                "role_arn": self.role_arn,
                "log_group": self.log_group,
                "dead_letters": self.dead_letters,
            }
        )

    def _dead_letters(self) -> aws.sqs.Queue:
        queue = aws.sqs.Queue(
            "dead-letters",
            name=self._args.scope.dead_letters,
            kms_master_key_id=self._args.operations.arn,
            message_retention_seconds=14 * 86400,
            opts=self._child,
        )
        policy = pulumi.Output.json_dumps(document([deny_without_tls(("sqs:*",), queue.arn)]))
        aws.sqs.QueuePolicy("dead-letters", queue_url=queue.url, policy=policy, opts=self._child)
        return queue

    def _role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        declared = rotator_role(args.scope, args.spec)
        role = aws.iam.Role(
            "rotator", name=declared.name, assume_role_policy=written(declared.trusted), opts=self._child
        )
        policy = aws.iam.RolePolicy(
            "rotator",
            name="keystead",
            role=role.name,
            policy=policy_of(declared, {**args.keys, OPERATIONS_KEY: args.operations}),
            opts=self._child,
        )
        return role, policy

    def _function(self, role: aws.iam.Role, queue: aws.sqs.Queue, needs: list[pulumi.Resource]) -> aws.lambda_.Function:
        scope, spec = self._args.scope, self._args.spec
        archive = rotator_archive(spec, "aws")
        function = aws.lambda_.Function(
            "rotator",
            name=scope.rotator_function,
            description=f"Rotates the secrets of {scope.environment}",
            runtime=RUNTIME,
            architectures=["x86_64"],
            handler=archive.handler,
            code=pulumi.FileArchive(archive.path),
            source_code_hash=archive.sha256,
            role=role.arn,
            timeout=TIMEOUT_SECONDS,
            memory_size=MEMORY_MB,
            dead_letter_config=aws.lambda_.FunctionDeadLetterConfigArgs(target_arn=queue.arn),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="Text", log_group=scope.rotator_log),
            opts=pulumi.ResourceOptions(parent=self, depends_on=needs),
        )
        aws.lambda_.FunctionEventInvokeConfig(
            "rotator",
            function_name=function.name,
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=3600,
            opts=self._child,
        )
        return function

    def _rotated(self) -> list[Rotated]:
        args, spec = self._args, self._args.spec
        return [
            Rotated(
                name,
                self._rules(name),
                args.secrets[name],
                args.followers_ready if spec.mirrored(name) else (),
            )
            for name in spec.rotated("aws")
        ]

    def _rules(self, name: str) -> RotationRules:
        rotation = self._args.spec.secrets[name].rotation
        return rotation_rules(self._args.scope.secret_name(name), rotation.every, rotation.utc_window)
