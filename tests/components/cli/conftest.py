"""A project on disk, accounts on both clouds to deploy it to, and the command run as a process."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from keystead_sandbox.host import certificates
from keystead_sandbox.host.credentials import Keys

from tests import preloaded
from tests.components.cli.google import GCP, MIRRORED, GoogleProject, configured

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT = "111111111111"
REGION = "us-east-1"
BASE: dict[str, Any] = {
    "owners": ["payments"],
    "aws": {"region": REGION},
    "restrictions": {"mesh": {"networks": {"aws": ["vpce-0a1b2c3d"]}}},
    "keys": {
        "data": {"use": "encrypt", "purpose": "secrets of checkout"},
        "tokens": {"use": "sign", "purpose": "access tokens"},
    },
    "secrets": {
        "session-secret": {
            "purpose": "signs session cookies",
            "key": "data",
            "readers": {"checkout": {"restriction": "mesh"}, "notifier": {}},
            "rotation": {"rotator": "random", "every": "90d", "overlap": "30d"},
        },
        "processor-key": {
            "purpose": "charges cards",
            "key": "data",
            "readers": {"checkout": {"restriction": "mesh"}},
            "rotation": {"rotator": "manual", "every": "90d", "overlap": "30d"},
        },
    },
}
OVERLAY: dict[str, Any] = {"tier": "standard", "aws": {"account": ACCOUNT}}


@dataclass
class Project:
    """A directory of stack files and the environment the command runs in."""

    place: Path
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def stacks(self) -> Path:
        return self.place / "stacks"

    def describe(self, name: str, **changes: Any) -> None:
        """Write the stack file of one environment."""
        spec = {**OVERLAY, **changes}
        self.stacks.mkdir(exist_ok=True)
        (self.stacks / "base.yaml").write_text(yaml.safe_dump(BASE))
        (self.stacks / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": {"keystead:environment": spec}}))

    def run(self, *arguments: str, given: str | bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command in the project with `given` on standard input.

        What it says of a long wait is left out: how long one is depends on what else the machine does.
        """
        _, *command = self.command(*arguments)
        text = given.encode() if isinstance(given, str) else given
        done = preloaded.run(command, cwd=self.place, env=self.settings(**environment), given=text)
        errors = re.sub(r"(?m)^[a-z]+ing .* \.\.\.\n", "", done.stderr.decode())
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), errors)

    def started(self, *arguments: str, given: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command in a process of its own, from the start of Python, which alone reads sitecustomize."""
        command, settings = self.command(*arguments), self.settings(**environment)
        return subprocess.run(
            command, cwd=self.place, env=settings, input=given, capture_output=True, text=True, timeout=60, check=False
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "keystead.cli", *arguments]

    def settings(self, **environment: str) -> dict[str, str]:
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place),
            "PYTHONPATH": str(ROOT / "components"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_GCE_CHECK": "true",
        }
        return {**own, **self.environment, **environment}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@dataclass
class Account:
    """An account of the local cloud that enforces IAM, and its deployer's way in."""

    endpoint: str
    authority: Path
    key: str
    secret: str = field(repr=False)

    @property
    def credentials(self) -> dict[str, str]:
        return {**self.reached, "AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}

    @property
    def reached(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_CA_BUNDLE": str(self.authority)}

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            verify=str(self.authority),
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
        )

    def deploy(self, environment: str, days: int = 365) -> None:
        """Create what a deployment of BASE creates, as far as the command looks; keys rotate every so many days."""
        kms, store = self.client("kms"), self.client("secretsmanager")
        data = kms.create_key()["KeyMetadata"]["KeyId"]
        tokens = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{environment}/data", TargetKeyId=data)
        kms.create_alias(AliasName=f"alias/{environment}/tokens", TargetKeyId=tokens)
        kms.enable_key_rotation(KeyId=data, RotationPeriodInDays=days)
        for secret in BASE["secrets"]:
            store.create_secret(Name=f"{environment}/{secret}")

    def user(self, name: str, *actions: str) -> dict[str, str]:
        """Create a user who may do these actions and nothing else; return the settings that make a command it."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=document)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
        return {**self.reached, **keys}


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    place = tmp_path_factory.mktemp("account")
    certificates.ensure(place)
    (place / "clock").write_text("0")
    files = {"cert": "server.pem", "key": "server.key", "ca": "ca.pem", "clock": "clock"}
    command = [sys.executable, "-m", "keystead_sandbox.local_aws", "--account", ACCOUNT, "--region", REGION]
    command += ["--port", "0", "--plain-port", "0", "--owner", str(os.getpid())]
    command += ["--callers", str(ROOT / "sandbox" / "keystead_sandbox" / "host" / "callers.yaml")]
    for option, name in files.items():
        command += [f"--{option}", str(place / name)]
    keys = Keys.make()
    settings = {
        "PATH": os.environ["PATH"],
        "KEYSTEAD_TOKEN": "unused",
        "KEYSTEAD_DEPLOYER_KEY_ID": keys.identifier,
        "KEYSTEAD_DEPLOYER_SECRET": keys.secret,
    }
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, env=settings, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, (place / "log").read_text()
        yield Account(json.loads(line)["endpoint"], place / "ca.pem", keys.identifier, keys.secret)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=15)
        process.stdout.close()


@pytest.fixture
def environment(account: Account, project: Project) -> str:
    """Return the name of an environment of its own, deployed, with nothing in its secrets."""
    name = f"t{secrets.token_hex(4)}"
    project.environment.update(account.credentials)
    project.describe(name)
    account.deploy(name)
    return name


@pytest.fixture(scope="session")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleProject]:
    with GoogleProject.started(tmp_path_factory.mktemp("google")) as running:
        yield running


@pytest.fixture
def on_gcp(google: GoogleProject, project: Project) -> str:
    """Return the name of an environment of its own on GCP alone, deployed, with nothing in its secrets."""
    name = f"g{secrets.token_hex(4)}"
    project.describe(name, **GCP)
    configured(project.place, name, google)
    google.deploy(name, BASE["secrets"])
    return name


@pytest.fixture
def mirrored(account: Account, google: GoogleProject, project: Project) -> str:
    """Return the name of an environment of its own on both clouds, deployed, with nothing in its secrets."""
    name = f"b{secrets.token_hex(4)}"
    project.environment.update(account.credentials)
    project.describe(name, **MIRRORED)
    configured(project.place, name, google)
    account.deploy(name, days=90)
    google.deploy(name, BASE["secrets"])
    return name
