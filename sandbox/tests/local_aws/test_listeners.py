import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import SSLError
from keystead_sandbox.host import certificates
from tests.local_aws.conftest import ACCOUNT, LocalAccount, allow, deny, policy, refusal
from tests.local_aws.patched import shows
from tests.local_process import listens_on_loopback_alone

EVERYBODY = {"Principal": "*"}
READ = "secretsmanager:GetSecretValue"


def secret(account: LocalAccount, name: str, *statements: dict[str, object]) -> str:
    store = account.client("secretsmanager")
    arn: str = store.create_secret(Name=name, SecretString="value")["ARN"]
    if statements:
        store.put_resource_policy(SecretId=arn, ResourcePolicy=policy(*statements), BlockPublicPolicy=True)
    return arn


def test_a_client_that_trusts_another_authority_does_not_connect(account: LocalAccount, tmp_path: Path) -> None:
    certificates.ensure(tmp_path)
    client = account.client("sts", ca=str(tmp_path / "ca.pem"))
    with pytest.raises(SSLError):
        client.get_caller_identity()


def test_a_request_without_tls_is_seen_as_such_and_refused_by_policy(account: LocalAccount) -> None:
    statement = deny("secretsmanager:*", **EVERYBODY, Condition={"Bool": {"aws:SecureTransport": "false"}})
    arn = secret(account, "needs-tls", statement)
    assert account.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "value"
    without = account.client("secretsmanager", plain=True)
    code, message = refusal(lambda: without.get_secret_value(SecretId=arn))
    assert code == "AccessDeniedException"
    assert "explicit deny in a resource-based policy" in message


def test_a_header_does_not_make_a_plain_request_secure(account: LocalAccount) -> None:
    statement = deny("secretsmanager:*", **EVERYBODY, Condition={"Bool": {"aws:SecureTransport": "false"}})
    arn = secret(account, "needs-real-tls", statement)
    without = account.client("secretsmanager", plain=True)
    without.meta.events.register(
        "before-send.*", lambda request, **_: request.headers.update({"X-Forwarded-Proto": "https"})
    )
    assert refusal(lambda: without.get_secret_value(SecretId=arn))[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("address", "reads"),
    [("127.0.0.1", False), ("127.0.1.1", True), ("127.0.2.1", True), ("127.0.3.1", False)],
    ids=["nowhere", "office", "mesh", "elsewhere"],
)
def test_a_caller_is_the_address_its_loopback_address_plays(account: LocalAccount, address: str, reads: bool) -> None:
    condition = {
        "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
        "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-0a1b2c3d"},
    }
    arn = secret(account, f"placed-{address}", deny(READ, **EVERYBODY, Condition=condition))
    client = account.client("secretsmanager", address=address)
    if reads:
        assert client.get_secret_value(SecretId=arn)["SecretString"] == "value"
    else:
        assert refusal(lambda: client.get_secret_value(SecretId=arn))[0] == "AccessDeniedException"


def test_behind_a_vpc_endpoint_there_is_no_source_address(account: LocalAccount) -> None:
    absent = {"Null": {"aws:SourceIp": "true"}, "IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}
    reader = account.session(account.role("vpc-reader", allow(READ, Condition=absent)))
    arn = secret(account, "vpc-only")
    mesh = account.client("secretsmanager", reader, address="127.0.2.1")
    assert mesh.get_secret_value(SecretId=arn)["SecretString"] == "value"
    office = account.client("secretsmanager", reader, address="127.0.1.1")
    assert refusal(lambda: office.get_secret_value(SecretId=arn))[0] == "AccessDeniedException"


@shows("core.iam_evaluator.is_root_access_key")
@pytest.mark.parametrize("key", ["test", ACCOUNT, "root", "AKIAAAAAAAAAAAAAAAAA"])
def test_no_access_key_stands_for_the_root(account: LocalAccount, key: str) -> None:
    client = account.client("sts", (key, "test", None))
    assert refusal(client.get_caller_identity)[0] in {"InvalidClientTokenId", "UnrecognizedClientException"}


def test_a_wrong_signature_is_refused(account: LocalAccount) -> None:
    client = account.client("secretsmanager", (account.deployer[0], "0" * 40, None))
    assert refusal(client.list_secrets)[0] in {"InvalidSignatureException", "SignatureDoesNotMatch"}


@pytest.mark.parametrize(
    "path", ["/_ministack/health", "/_ministack/reset", "/_localstack/health", "/_ministack/config"]
)
def test_the_emulators_own_administration_is_closed(account: LocalAccount, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(account.plain + path, data=b"{}", timeout=5)  # noqa: S310 - http on loopback
    with refused.value:
        assert refused.value.code == 404


@pytest.mark.parametrize("question", ["status", "advance"])
def test_the_clock_moves_only_for_who_has_the_token(account: LocalAccount, question: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        account.ask(question, {"to": 10} if question == "advance" else None, token="wrong")
    with refused.value:
        assert refused.value.code == 403


def test_only_loopback_is_listened_on(account: LocalAccount) -> None:
    assert listens_on_loopback_alone(account)


def test_queue_addresses_name_the_listener_with_tls(account: LocalAccount) -> None:
    url, _ = account.queue("addressed")
    assert url.startswith(account.endpoint)


def test_health_needs_no_token_and_speaks_tls(account: LocalAccount) -> None:
    context = ssl.create_default_context(cafile=str(account.directory / "ca.pem"))
    with urllib.request.urlopen(f"{account.endpoint}/_keystead/health", context=context, timeout=5) as answer:  # noqa: S310 - as above
        assert ACCOUNT in answer.read().decode()
