from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from tests.local_aws.conftest import LocalAccount, start

CREATED_A_SECOND = 5


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    running = start(tmp_path_factory.mktemp("strict"), "--strict")
    yield running
    running.stop()


def test_calls_beyond_the_documented_rate_are_refused_and_taken_again_later(account: LocalAccount) -> None:
    kms = account.client("kms")
    codes = []
    for _ in range(20 * CREATED_A_SECOND):
        try:
            kms.delete_alias(AliasName="alias/none")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert "ThrottlingException" in codes
    account.advance(1)
    with pytest.raises(ClientError) as refused:
        kms.delete_alias(AliasName="alias/none")
    assert refused.value.response["Error"]["Code"] == "NotFoundException"
