"""The use of the operations key by the AWS services that keep the rotation's log, alarms and dead letters."""

from keystead.aws.statements import statement
from keystead.model.aws.scope import AwsScope
from keystead.restrictions.aws import Statement


def operations_services(scope: AwsScope) -> list[Statement]:
    """Statements for the key that encrypts the rotator's log, its dead letters and the alarms.

    Each service is limited to this account, the log service to the rotator's own log group. Functions and schedules use
    the key through their roles.
    """
    log_group = f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{scope.rotator_log}"
    return [
        statement(
            "RotatorLog",
            "Allow",
            ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
            principal={"Service": f"logs.{scope.region}.{scope.domain}"},
            condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_group}},
        ),
        statement(
            "Alarms",
            "Allow",
            ("kms:Decrypt", "kms:GenerateDataKey*"),
            principal={"Service": "cloudwatch.amazonaws.com"},
            condition={"StringEquals": {"aws:SourceAccount": scope.account}},
        ),
        statement(
            "RotatorRoles",
            "Allow",
            ("kms:Decrypt", "kms:GenerateDataKey"),
            principal={"AWS": scope.root_arn},
            condition={
                "ArnEquals": {
                    "aws:PrincipalArn": [scope.role_arn(scope.rotator_role), scope.role_arn(scope.scheduler_role)]
                }
            },
        ),
    ]
