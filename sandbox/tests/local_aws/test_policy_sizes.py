import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, policy, refusal, trusting

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
Put = Callable[[str], Any]


def long(document: str, characters: int) -> str:
    """The document with a text in it that makes it this long, white space aside."""
    content = json.loads(document)
    content["Id"] = ""
    content["Id"] = "x" * (characters - len(json.dumps(content, separators=(",", ":"))))
    return json.dumps(content, separators=(",", ":"))


@pytest.fixture
def name() -> str:
    return f"n-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def puts(account: LocalAccount, name: str) -> dict[str, Put]:
    """How a document of each kind is written."""
    iam, kms, secrets = (account.client(service) for service in ("iam", "kms", "secretsmanager"))
    account.role(name)
    secrets.create_secret(Name=name)
    return {
        "role": lambda text: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=text),
        "trust": lambda text: iam.update_assume_role_policy(RoleName=name, PolicyDocument=text),
        "key": lambda text: kms.create_key(Policy=text),
        "secret": lambda text: secrets.put_resource_policy(SecretId=name, ResourcePolicy=text),
    }


@pytest.mark.parametrize(
    ("kind", "most", "code"),
    [
        ("role", 10_240, "LimitExceeded"),
        ("trust", 2_048, "LimitExceeded"),
        ("key", 32_768, "LimitExceededException"),
        ("secret", 20_480, "ValidationException"),
    ],
)
def test_a_document_may_be_as_long_as_aws_takes_it_and_no_longer(
    puts: dict[str, Put], kind: str, most: int, code: str
) -> None:
    own = {
        "role": policy(allow("s3:GetObject")),
        "trust": trusting("lambda.amazonaws.com"),
        "key": policy(allow("kms:*", Principal=ROOT)),
        "secret": policy(allow("secretsmanager:GetSecretValue", Principal=ROOT)),
    }[kind]
    puts[kind](long(own, most))
    assert refusal(lambda: puts[kind](long(own, most + 1)))[0] == code


def test_all_inline_policies_of_a_role_count_together_without_white_space(account: LocalAccount, name: str) -> None:
    iam, own = account.client("iam"), policy(allow("s3:GetObject"))
    account.role(name)

    def put(number: int, characters: int) -> Any:
        spaced = json.dumps(json.loads(long(own, characters)), indent=8)
        return iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=spaced)

    put(1, 6_000)
    put(2, 4_240)
    told = refusal(lambda: put(3, 200))
    assert told == ("LimitExceeded", f"Maximum policy size of 10240 bytes exceeded for role {name}")
    put(2, 4_000)
    put(3, 200)
