"""A Pulumi program with every type of the provider's table; the stack's `variation` says which version of it."""

import json

import pulumi
import pulumi_aws as aws

ACCOUNT = "000000000042"
changed = pulumi.Config().get("variation") == "changed"
moved = pulumi.Config().get("place") == "moved"


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


provider = aws.Provider(
    "trial",
    region="us-east-1",
    allowed_account_ids=[ACCOUNT],
    default_tags=aws.ProviderDefaultTagsArgs(tags={"keystead:environment": "trial"}),
)
here = pulumi.ResourceOptions(provider=provider)
trust = policy(Principal={"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}, Action="sts:AssumeRole")
owner = policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="kms:*", Resource="*")

key = aws.kms.Key(
    "data",
    description="encrypts everything" if changed else "encrypts",
    policy=owner,
    multi_region=True,
    enable_key_rotation=True,
    rotation_period_in_days=180,
    deletion_window_in_days=7,
    opts=here,
)
aws.kms.Alias("data", name="alias/engine/moved" if moved else "alias/engine/data", target_key_id=key.key_id, opts=here)
aws.kms.ReplicaKey(
    "data-west", primary_key_arn=key.arn, region="us-west-2", policy=owner, deletion_window_in_days=7, opts=here
)
role = aws.iam.Role("rotator", name="engine-rotator", assume_role_policy=trust, opts=here)
aws.iam.RolePolicy(
    "rotator", role=role.name, policy=policy(Action="sqs:*" if changed else "sns:*", Resource="*"), opts=here
)
aws.kms.Grant("rotator", key_id=key.key_id, grantee_principal=role.arn, operations=["Decrypt"], opts=here)
queue = aws.sqs.Queue("letters", name="engine-letters", message_retention_seconds=600 if changed else 1200, opts=here)
aws.sqs.QueuePolicy(
    "letters",
    queue_url=queue.url,
    policy=policy(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage", Resource="*"),
    opts=here,
)
topic = aws.sns.Topic("alerts", tags={"changed": str(changed)}, opts=here)
aws.sns.TopicPolicy(
    "alerts",
    arn=topic.arn,
    policy=policy(Principal={"Service": "cloudwatch.amazonaws.com"}, Action="sns:Publish", Resource="*"),
    opts=here,
)
aws.sns.TopicSubscription("alerts", topic=topic.arn, protocol="sqs", endpoint=queue.arn, opts=here)
logs = aws.cloudwatch.LogGroup("rotator", name="/engine/rotator", retention_in_days=30, opts=here)
function = aws.lambda_.Function(
    "rotator",
    name="engine-rotator",
    role=role.arn,
    runtime="python3.12",
    handler="main.handle",
    code=pulumi.AssetArchive({"main.py": pulumi.StringAsset("def handle(event, context):\n    return event\n")}),
    timeout=60 if changed else 30,
    dead_letter_config=aws.lambda_.FunctionDeadLetterConfigArgs(target_arn=queue.arn),
    logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
    opts=here,
)
allowed = aws.lambda_.Permission(
    "rotate",
    function=function.name,
    action="lambda:InvokeFunction",
    principal="secretsmanager.amazonaws.com",
    source_account=ACCOUNT,
    opts=here,
)
aws.lambda_.FunctionEventInvokeConfig(
    "rotator", function_name=function.name, maximum_retry_attempts=1 if changed else 2, opts=here
)
secret = aws.secretsmanager.Secret(
    "card", name="engine/card", kms_key_id=key.arn, recovery_window_in_days=0, description="charges", opts=here
)
aws.secretsmanager.SecretPolicy(
    "card",
    secret_arn=secret.arn,
    policy=role.arn.apply(
        lambda arn: policy(Principal={"AWS": arn}, Action="secretsmanager:GetSecretValue", Resource="*")
    ),
    block_public_policy=True,
    opts=here,
)
aws.secretsmanager.SecretRotation(
    "card",
    secret_id=secret.id,
    rotation_lambda_arn=function.arn,
    rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(automatically_after_days=90),
    rotate_immediately=False,
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[allowed]),
)
aws.cloudwatch.LogMetricFilter(
    "failed",
    name="failed",
    log_group_name=logs.name,
    pattern='{ $.event = "rotation_failed" }',
    metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
        name="Failed", namespace="Engine", value="1", default_value="0"
    ),
    opts=here,
)
aws.cloudwatch.MetricAlarm(
    "failed",
    name="engine-failed",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="Failed",
    namespace="Engine",
    period=60 if changed else 300,
    statistic="Sum",
    threshold=0,
    alarm_actions=[topic.arn],
    opts=here,
)
group = aws.scheduler.ScheduleGroup("sweep", name="engine", opts=here)
aws.scheduler.Schedule(
    "sweep",
    name="engine-sweep",
    group_name=group.name,
    schedule_expression="rate(2 hours)" if changed else "rate(1 hour)",
    flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
    target=aws.scheduler.ScheduleTargetArgs(arn=function.arn, role_arn=role.arn, input='{"action": "sweep"}'),
    opts=here,
)
pulumi.export("key", key.arn)
