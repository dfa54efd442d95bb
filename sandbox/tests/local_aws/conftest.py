"""A local AWS account for each test module, and the small things tests make in it."""

import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.local_process import LocalProcess

ROOT = Path(__file__).parents[3]
ACCOUNT, REGION = "111111111111", "us-east-1"
Credentials = tuple[str, str, str | None]

ROTATOR = """
import boto3, json
store = boto3.client("secretsmanager")
def handle(event, context):
    print(json.dumps({"event": "called", **event}))
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    about = store.describe_secret(SecretId=secret)
    if step == about.get("Description"):
        raise RuntimeError("told to fail at " + step)
    if step == "createSecret":
        store.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString="value-" + token, VersionStages=["AWSPENDING"])
    if step == "finishSecret":
        current = [v for v, labels in about["VersionIdsToStages"].items() if "AWSCURRENT" in labels]
        if current != [token]:
            leave = {"RemoveFromVersionId": current[0]} if current else {}
            store.update_secret_version_stage(
                SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, **leave)
"""


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trusting(service: str) -> str:
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


@dataclass(kw_only=True)
class LocalAccount(LocalProcess):
    """A running account as its deployer sees it."""

    deployer: Credentials
    clients: list[Any] = field(default_factory=list)

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        super().stop()

    def client(
        self,
        service: str,
        credentials: Credentials | None = None,
        *,
        address: str | None = None,
        plain: bool = False,
        region: str = REGION,
        ca: str | None = None,
    ) -> Any:
        key, secret, session = credentials or self.deployer
        made = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.plain if plain else self.endpoint,
            verify=ca or str(self.directory / "ca.pem"),
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=session,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
        )
        if address:
            made._endpoint.http_session._manager.connection_pool_kw["source_address"] = (address, 0)
        self.clients.append(made)
        return made

    def role(self, name: str, *statements: dict[str, Any], trust: str | None = None) -> str:
        iam = self.client("iam")
        own = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust or own)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
        return arn

    def session(self, role: str, **more: Any) -> Credentials:
        found = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test", **more)["Credentials"]
        return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]

    def function(self, name: str, source: str, *statements: dict[str, Any], **more: Any) -> str:
        role = self.role(f"{name}-runs", *(statements or (allow("*"),)), trust=trusting("lambda.amazonaws.com"))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as bundle:
            bundle.writestr("main.py", source)
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="main.handle",
            Code={"ZipFile": archive.getvalue()},
            Timeout=10,
            **more,
        )
        return str(made["FunctionArn"])

    def rotator(self, name: str) -> str:
        arn = self.function(name, ROTATOR)
        self.client("lambda").add_permission(
            FunctionName=name,
            StatementId="rotate",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
            SourceAccount=ACCOUNT,
        )
        return arn

    def logged(self, function: str) -> list[dict[str, Any]]:
        """The JSON lines a function has printed."""
        group = f"/aws/lambda/{function}"
        try:
            events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        except ClientError:
            return []
        return [json.loads(event["message"]) for event in events if event["message"].startswith("{")]

    def queue(self, name: str, *statements: dict[str, Any]) -> tuple[str, str]:
        sqs = self.client("sqs")
        attributes = {"Policy": policy(*statements)} if statements else {}
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def messages(self, url: str) -> list[dict[str, Any]]:
        answer = self.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def workers(self) -> list[int]:
        """Process ids of the account's Lambda workers."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().decode()
                except OSError:
                    continue
                if f"{self.directory}/ministack-lambda" in command:
                    found.append(int(entry.name))
        return found


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """The error code and text a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    return error["Code"], error.get("Message", "")


def start(directory: Path, *options: str, owner: int | None = None) -> LocalAccount:
    key, secret = "AKIA" + secrets.token_hex(8).upper(), secrets.token_hex(20)
    deployer = {"KEYSTEAD_DEPLOYER_KEY_ID": key, "KEYSTEAD_DEPLOYER_SECRET": secret}
    own = [
        "--account",
        ACCOUNT,
        "--region",
        REGION,
        "--callers",
        str(ROOT / "sandbox/keystead_sandbox/host/callers.yaml"),
        *options,
    ]
    return LocalAccount.started(
        "keystead_sandbox.local_aws", directory, own, deployer, owner, deployer=(key, secret, None)
    )


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    running = start(tmp_path_factory.mktemp("account"))
    yield running
    running.stop()


@pytest.fixture
def own_account(tmp_path: Path) -> Iterator[LocalAccount]:
    """An account of one test's own, to be killed or moved in time."""
    running = start(tmp_path)
    yield running
    running.stop()
