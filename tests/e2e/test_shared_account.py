"""Two environments in one account: names, tags and denies keep them apart."""

import pytest
from botocore.exceptions import ClientError

from tests.e2e.landscape import ELSEWHERE, Sandbox
from tests.e2e.specs import SHARED_ACCOUNT


@pytest.fixture(scope="module")
def sandbox(aws_landscape: Sandbox) -> Sandbox:
    return aws_landscape


def refused(sandbox: Sandbox, environment: str, role: str, secret: str) -> str | None:
    """The error of a read as a role of one environment, or None where it succeeds."""
    session = sandbox.assume(environment, sandbox.outputs(environment)["roles"][role])
    client = sandbox.client(environment, "secretsmanager", session, address=ELSEWHERE)
    try:
        client.get_secret_value(SecretId=secret)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_both_environments_live_in_one_account(sandbox: Sandbox) -> None:
    assert {sandbox.outputs(name)["account"] for name in ("east", "west")} == {SHARED_ACCOUNT}
    names = {one["Name"] for one in sandbox.client("east", "secretsmanager").list_secrets()["SecretList"]}
    assert names == {"east/shop-token", "east/stock-token", "west/shop-token", "west/stock-token"}


@pytest.mark.parametrize(("own", "other"), [("east", "west"), ("west", "east")])
def test_a_reader_reads_its_own_environment_and_is_refused_in_the_other(sandbox: Sandbox, own: str, other: str) -> None:
    assert refused(sandbox, own, "shop-reader", f"{own}/shop-token") is None
    assert refused(sandbox, own, "shop-reader", f"{other}/shop-token") == "AccessDeniedException"


def test_a_role_granted_everything_is_still_denied_by_the_other_environments_secret(sandbox: Sandbox) -> None:
    """The secret's own policy holds when somebody widens a role of the neighbour."""
    iam = sandbox.client("east", "iam")
    wide = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:*","Resource":"*"}]}'
    iam.put_role_policy(RoleName="east-auditor", PolicyName="widened", PolicyDocument=wide)
    try:
        session = sandbox.assume("east", sandbox.outputs("east")["roles"]["auditor"])
        client = sandbox.client("east", "secretsmanager", session)
        assert client.describe_secret(SecretId="east/shop-token")["Name"] == "east/shop-token"
        client.delete_secret(SecretId="east/stock-token", RecoveryWindowInDays=7)
        client.restore_secret(SecretId="east/stock-token")
        with pytest.raises(ClientError, match="AccessDenied"):
            client.put_secret_value(SecretId="west/shop-token", SecretString="x")
        with pytest.raises(ClientError, match="AccessDenied"):
            client.delete_secret(SecretId="west/shop-token")
    finally:
        iam.delete_role_policy(RoleName="east-auditor", PolicyName="widened")


def test_one_rotator_never_touches_the_others_secrets(sandbox: Sandbox) -> None:
    """Asked to rotate a neighbour's secret, the rotator refuses and the value stays."""
    secrets = sandbox.client("west", "secretsmanager")
    before = secrets.describe_secret(SecretId="west/shop-token")["VersionIdsToStages"]
    rotator = sandbox.client("east", "lambda")
    arn = secrets.describe_secret(SecretId="west/shop-token")["ARN"]
    event = f'{{"Step":"createSecret","SecretId":"{arn}","ClientRequestToken":"{"0" * 32}"}}'
    answer = rotator.invoke(FunctionName="east-rotator", Payload=event.encode())
    assert answer.get("FunctionError")
    assert secrets.describe_secret(SecretId="west/shop-token")["VersionIdsToStages"] == before
