"""An AWS role buys a token here with a signed GetCallerIdentity request, answered by a real local AWS account."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from google.auth import aws
from google.auth.transport.requests import Request
from tests.local_aws import conftest as local_aws
from tests.local_aws.conftest import ACCOUNT, LocalAccount
from tests.local_gcp import conftest as local_gcp
from tests.local_gcp.conftest import DEV, NUMBERS, Answer, LocalCloud

pytestmark = pytest.mark.cloud

POOLS = f"/v1/projects/{DEV}/locations/global/workloadIdentityPools"
POOL = f"projects/{NUMBERS[DEV]}/locations/global/workloadIdentityPools/dev-keystead"
AUDIENCE = f"//iam.googleapis.com/{POOL}/providers/aws-account"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/dev-rotator"
HOST = "sts.us-east-1.amazonaws.com"
CONDITION = f"attribute.aws_role == '{ROLE}' && google.subject.startsWith('arn:aws:sts::{ACCOUNT}:')"
REQUEST = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
    "scope": "https://www.googleapis.com/auth/cloud-platform",
    "audience": AUDIENCE,
}

FUNCTION = """
import json, os, urllib.parse, urllib.request
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
HOST = "sts.us-east-1.amazonaws.com"
def handle(event, context):
    base, audience = os.environ["KEYSTEAD_GCP_ENDPOINT"], event["audience"]
    url = f"https://{HOST}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("POST", url, headers={"host": HOST, "x-goog-cloud-target-resource": audience})
    SigV4Auth(botocore.session.get_session().get_credentials(), "sts", "us-east-1").add_auth(request)
    headers = [{"key": name, "value": value} for name, value in request.headers.items()]
    token = json.dumps({"url": url, "method": "POST", "headers": headers})
    form = {**event["request"], "subject_token": urllib.parse.quote(token)}
    with urllib.request.urlopen(f"{base}/v1/token", urllib.parse.urlencode(form).encode()) as answer:
        bearer = json.load(answer)["access_token"]
    asked = urllib.request.Request(base + event["path"], headers={"authorization": f"Bearer {bearer}"})
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)["payload"]["data"]
"""


@dataclass
class Both:
    """A local GCP and a local AWS account of one sandbox."""

    cloud: LocalCloud
    account: LocalAccount

    def role(self, name: str) -> Credentials:
        roles = {one["RoleName"] for one in self.account.client("iam").list_roles()["Roles"]}
        if name not in roles:
            self.account.role(name)
        return Credentials(*self.account.session(f"arn:aws:iam::{ACCOUNT}:role/{name}"))

    def buy(self, token: str, **more: str) -> Answer:
        form = urlencode({**REQUEST, "subject_token": token, **more})
        connection = HTTPConnection("127.0.0.1", urlsplit(self.cloud.plain).port or 0, timeout=20)
        connection.request("POST", "/v1/token", form, {"content-type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        answer = Answer(response.status, json.loads(response.read()))
        connection.close()
        return answer

    def bought(self, name: str = "dev-rotator") -> str:
        answer = self.buy(signed(self.role(name)))
        assert answer.code == 200, answer.body
        return str(answer.body["access_token"])


def signed(credentials: Credentials, audience: str = AUDIENCE, **changed: Any) -> str:
    """The request as botocore signs it, serialized as Google wants it."""
    url = f"https://{HOST}/?Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"host": HOST, **({"x-goog-cloud-target-resource": audience} if audience else {})}
    request = AWSRequest(method="POST", url=url, headers=headers)
    SigV4Auth(credentials, "sts", "us-east-1").add_auth(request)
    given = {"host": HOST, "x-goog-cloud-target-resource": AUDIENCE, **dict(request.headers.items())}
    pairs = [{"key": name, "value": value} for name, value in given.items()]
    return quote(json.dumps({"url": url, "method": "POST", "headers": pairs, **changed}))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    directory = tmp_path_factory.mktemp("both")
    account = local_aws.start(directory, "--registry", str(directory / "sandbox.json"))
    cloud = local_gcp.start(directory)
    try:
        entry = {"account": ACCOUNT, "endpoint": account.endpoint, "plain": account.plain}
        stack = {"aws": entry, "gcp": {"project": DEV, "endpoint": cloud.endpoint, "plain": cloud.plain}}
        (directory / "sandbox.json").write_text(json.dumps({"version": 2, "stacks": {"dev": stack}}))
        cloud.ok("POST", f"{POOLS}?workloadIdentityPoolId=dev-keystead", {"displayName": "Keystead"})
        provider = {"aws": {"accountId": ACCOUNT}, "attributeCondition": CONDITION}
        cloud.ok("POST", f"{POOLS}/dev-keystead/providers?workloadIdentityPoolProviderId=aws-account", provider)
        yield Both(cloud, account)
    finally:
        cloud.stop()
        account.stop()


@pytest.mark.parametrize(
    "member",
    [
        f"principalSet://iam.googleapis.com/{POOL}/attribute.aws_role/{ROLE}",
        f"principal://iam.googleapis.com/{POOL}/subject/{ROLE}/test",
        f"principalSet://iam.googleapis.com/{POOL}/*",
    ],
)
def test_a_role_reads_what_is_granted_to_its_identity_and_nothing_else(both: Both, member: str) -> None:
    name = f"federated-{abs(hash(member))}"
    path = both.cloud.secret(name, "value")
    token = both.bought()
    assert both.cloud.call("GET", f"{path}/versions/latest:access", token=token).code == 403
    both.cloud.grant(path, "roles/secretmanager.secretAccessor", member)
    assert both.cloud.read(path, token=token) == "value"
    assert both.cloud.call("DELETE", path, token=token).code == 403


def test_a_lambda_function_reads_a_secret_without_any_key_of_google(both: Both) -> None:
    arn = both.account.function("dev-mirror", FUNCTION)
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/dev-mirror-runs"
    provider = {"aws": {"accountId": ACCOUNT}, "attributeCondition": f"attribute.aws_role == '{role}'"}
    both.cloud.ok("POST", f"{POOLS}/dev-keystead/providers?workloadIdentityPoolProviderId=aws-lambda", provider)
    path = both.cloud.secret("for-lambda", "value")
    member = f"principalSet://iam.googleapis.com/{POOL}/attribute.aws_role/{role}"
    both.cloud.grant(path, "roles/secretmanager.secretAccessor", member)
    audience = f"//iam.googleapis.com/{POOL}/providers/aws-lambda"
    request = {**REQUEST, "audience": audience}
    event = {"audience": audience, "request": request, "path": f"{path}/versions/latest:access"}
    answer = both.account.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event).encode())
    assert json.loads(answer["Payload"].read()) == base64.b64encode(b"value").decode()


def test_another_role_of_the_account_is_rejected_by_the_condition(both: Both) -> None:
    answer = both.buy(signed(both.role("dev-other")))
    assert (answer.code, answer.body["error"]) == (400, "unauthorized_client")
    assert answer.body["error_description"] == "The given credential is rejected by the attribute condition."


def test_googles_library_gets_a_token_and_impersonates_an_account(both: Both) -> None:
    role = both.role("dev-rotator")

    class Supplier(aws.AwsSecurityCredentialsSupplier):
        def get_aws_security_credentials(self, _context: Any, _request: Any) -> Any:
            return aws.AwsSecurityCredentials(role.access_key, role.secret_key, role.token)

        def get_aws_region(self, _context: Any, _request: Any) -> str:
            return "us-east-1"

    email = both.cloud.account("federated-account")
    member = f"principalSet://iam.googleapis.com/{POOL}/attribute.aws_role/{ROLE}"
    account = f"/v1/projects/{DEV}/serviceAccounts/{email}"
    both.cloud.grant(account, "roles/iam.workloadIdentityUser", member)
    made = aws.Credentials(  # type: ignore[no-untyped-call]
        audience=AUDIENCE,
        subject_token_type=REQUEST["subject_token_type"],
        token_url=f"{both.cloud.plain}/v1/token",
        aws_security_credentials_supplier=Supplier(),
        service_account_impersonation_url=f"{both.cloud.plain}/v1/projects/-/serviceAccounts/{email}:generateAccessToken",
        scopes=[REQUEST["scope"]],
    )
    made.refresh(Request())  # type: ignore[no-untyped-call]
    path = both.cloud.secret("for-impersonated", "value")
    both.cloud.grant(path, "roles/secretmanager.secretAccessor", f"serviceAccount:{email}")
    assert both.cloud.read(path, token=made.token) == "value"


def test_a_request_with_a_wrong_signature_gets_no_token(both: Both) -> None:
    role = both.role("dev-rotator")
    forged = Credentials(role.access_key, "x" * 40, role.token)
    assert both.buy(signed(forged)).body["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"method": "GET"}, "invalid format"),
        ({"url": "https://sts.example.com/?Action=GetCallerIdentity&Version=2011-06-15"}, "invalid format"),
        ({"headers": []}, "invalid format"),
    ],
)
def test_a_token_that_is_no_request_to_aws_is_refused(both: Both, changed: dict[str, Any], words: str) -> None:
    answer = both.buy(signed(both.role("dev-rotator"), **changed))
    assert (answer.code, answer.body["error"]) == (400, "invalid_request")
    assert words in answer.body["error_description"]


def test_a_request_signed_for_another_audience_is_refused(both: Both) -> None:
    other = AUDIENCE.replace("dev-keystead", "prod-keystead")
    assert "does not match" in both.buy(signed(both.role("dev-rotator"), other)).body["error_description"]


def test_an_audience_changed_after_signing_is_refused_by_aws(both: Both) -> None:
    other = AUDIENCE.replace("dev-keystead", "prod-keystead")
    token = signed(both.role("dev-rotator"), other).replace("prod-keystead", "dev-keystead")
    assert both.buy(token).body["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"audience": AUDIENCE + "x"}, "invalid_target"),
        ({"audience": "//iam.googleapis.com/locations/global/workforcePools/a/providers/b"}, "invalid_target"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "invalid_request"),
        ({"scope": ""}, "invalid_scope"),
        ({"subject_token": "{"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_answered_in_the_shape_of_oauth(both: Both, changed: dict[str, str], error: str) -> None:
    answer = both.buy("{}", **changed)
    assert (answer.code, answer.body["error"]) == (400, error)
    assert answer.body["error_description"]


def test_a_disabled_or_deleted_pool_gives_no_tokens_and_its_tokens_grant_nothing(both: Both) -> None:
    path, token = both.cloud.secret("pooled", "value"), both.bought()
    both.cloud.grant(path, "roles/secretmanager.secretAccessor", f"principalSet://iam.googleapis.com/{POOL}/*")
    pool = f"{POOLS}/dev-keystead"
    for off, on in (
        (("PATCH", f"{pool}?updateMask=disabled", {"disabled": True}), ("PATCH", f"{pool}?updateMask=disabled", {})),
        (("DELETE", pool, None), ("POST", f"{pool}:undelete", {})),
    ):
        assert both.cloud.read(path, token=token) == "value"
        both.cloud.ok(*off)
        assert both.buy(signed(both.role("dev-rotator"))).body["error"] == "invalid_target"
        assert both.cloud.call("GET", f"{path}/versions/latest:access", token=token).code == 403
        both.cloud.ok(*on)
    assert both.cloud.read(path, token=token) == "value"


def test_a_disabled_provider_gives_no_tokens_but_earlier_tokens_stay_valid(both: Both) -> None:
    path, token = both.cloud.secret("provided", "value"), both.bought()
    both.cloud.grant(path, "roles/secretmanager.secretAccessor", f"principalSet://iam.googleapis.com/{POOL}/*")
    provider = f"{POOLS}/dev-keystead/providers/aws-account?updateMask=disabled"
    both.cloud.ok("PATCH", provider, {"disabled": True})
    assert both.buy(signed(both.role("dev-rotator"))).body["error"] == "invalid_target"
    assert both.cloud.read(path, token=token) == "value"
    both.cloud.ok("PATCH", provider, {"disabled": False})


def test_without_the_token_service_no_token_is_given(both: Both) -> None:
    service = f"/v1/projects/{DEV}/services/sts.googleapis.com"
    both.cloud.ok("POST", f"{service}:disable", {})
    answer = both.buy(signed(both.role("dev-rotator")))
    both.cloud.ok("POST", f"{service}:enable", {})
    assert answer.code == 403
    assert answer.body["error"]["details"][0]["reason"] == "SERVICE_DISABLED"
