"""What calls the rotator on AWS besides the schedules of secrets: an hourly sweep."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from keystead.aws.statements import document, statement
from keystead.aws.trust import trust_services
from keystead.model.aws.scope import AwsScope
from keystead.packaging import contract
from keystead.restrictions.aws import Statement


def schedule_sweep(
    scope: AwsScope,
    function: aws.lambda_.Function,
    queue: aws.sqs.Queue,
    operations_key: pulumi.Input[str],
    parent: pulumi.Resource,
) -> None:
    """Call the function every hour, in a role of its own; a call that fails for good goes to the queue."""
    child = pulumi.ResourceOptions(parent=parent)
    group = aws.scheduler.ScheduleGroup("sweep", name=scope.schedule_group, opts=child)
    invoke = [
        statement("InvokeRotator", "Allow", ("lambda:InvokeFunction",), function.arn),
        statement("DeadLetters", "Allow", ("sqs:SendMessage",), queue.arn),
        statement("OperationsKey", "Allow", ("kms:Decrypt", "kms:GenerateDataKey"), operations_key),
    ]
    role, policy = _role(scope, group, invoke, child)
    aws.scheduler.Schedule(
        "sweep",
        name=scope.sweep_schedule,
        group_name=group.name,
        description="Ends overlaps, reports late rotations and reminds of those due by hand",
        schedule_expression="rate(1 hour)",
        flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
        target=aws.scheduler.ScheduleTargetArgs(
            arn=function.arn,
            role_arn=role.arn,
            input=pulumi.Output.json_dumps(dict(contract.SWEEP_EVENT)),
            dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=queue.arn),
            retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                maximum_retry_attempts=2, maximum_event_age_in_seconds=3600
            ),
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )


def _role(
    scope: AwsScope, group: aws.scheduler.ScheduleGroup, granted: Sequence[Statement], child: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    """The role of the group's schedules."""
    source = {"ArnEquals": {"aws:SourceArn": group.arn}}
    trusted = document(trust_services(scope, ["scheduler.amazonaws.com"], source))
    role = aws.iam.Role(
        "sweep", name=scope.scheduler_role, assume_role_policy=pulumi.Output.json_dumps(trusted), opts=child
    )
    policy = aws.iam.RolePolicy(
        "sweep", name="keystead", role=role.name, policy=pulumi.Output.json_dumps(document(granted)), opts=child
    )
    return role, policy
