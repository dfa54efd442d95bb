from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, policy, refusal
from tests.local_aws.patched import shows

OWNERS = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


@shows("services.cloudwatch_logs._log_groups")
def test_a_log_group_takes_only_a_key_that_admits_the_logs_service(account: LocalAccount) -> None:
    logs, kms, name = account.client("logs"), account.client("kms"), "encrypted"
    arn = kms.create_key(Policy=policy(OWNERS))["KeyMetadata"]["Arn"]
    assert refusal(lambda: logs.create_log_group(logGroupName=name, kmsKeyId=arn))[0] == "InvalidParameterException"
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"
    admitted = allow(
        ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"],
        Principal={"Service": "logs.us-east-1.amazonaws.com"},
        Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}},
    )
    kms.put_key_policy(KeyId=arn, Policy=policy(OWNERS, admitted))
    logs.create_log_group(logGroupName=name, kmsKeyId=arn)
    logs.disassociate_kms_key(logGroupName=name)
    logs.associate_kms_key(logGroupName=name, kmsKeyId=arn)
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["kmsKeyId"] == arn
