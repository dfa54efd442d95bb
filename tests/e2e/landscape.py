"""A sandbox brought up with the public commands, and callers who come to it as real ones would."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import yaml
from botocore.config import Config

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")

OFFICE, MESH, ELSEWHERE = "127.0.1.1", "127.0.2.1", "127.0.3.1"
"""Loopback addresses that play a caller's: see sandbox/callers.yaml."""

_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS", "TERM")
_ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    output: str
    """Standard output, then standard error."""
    stdout: str


def copied_project(directory: Path, *, policies: bool = False) -> Path:
    """A project of its own with the stacks of this checkout, for tests that edit them; the policy pack is a link."""
    directory.mkdir(exist_ok=True)
    shutil.copytree(ROOT / "stacks", directory / "stacks", ignore=shutil.ignore_patterns(".build", "__pycache__"))
    for name in ("Pulumi.yaml", ".gitignore"):
        shutil.copy(ROOT / name, directory / name)
    if policies:
        (directory / "policies").symlink_to(ROOT / "policies")
    return directory


def edited(project: Path, environment: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the spec in an environment's stack file."""
    file = project / "stacks" / f"Pulumi.{environment}.yaml"
    document = yaml.safe_load(file.read_text())
    change(document["config"]["keystead:environment"])
    file.write_text(yaml.safe_dump(document, sort_keys=False))


def on_one_cloud(project: Path, cloud: str, *environments: str) -> None:
    """Leave what these environments have on one cloud, which is deployed in half the time."""
    base = yaml.safe_load((project / "stacks" / "base.yaml").read_text())
    other = {"aws": "gcp", "gcp": "aws"}[cloud]
    for environment in environments:
        file = project / "stacks" / f"Pulumi.{environment}.yaml"
        document = yaml.safe_load(file.read_text())
        spec = document["config"]["keystead:environment"]
        spec[other] = None
        spec["keys"] = spec.get("keys", {}) | _elsewhere(base["keys"], cloud)
        secrets = spec.setdefault("secrets", {})
        for name, secret in base["secrets"].items():
            one = secrets.setdefault(name, {})
            readers = one["readers"] = one.get("readers", {}) | _elsewhere(secret["readers"], cloud)
            for reader, declared in secret["readers"].items():
                if isinstance(declared.get("restriction"), dict):
                    readers.setdefault(reader, {}).setdefault("restriction", {})[other] = None
        secrets |= _elsewhere(base["secrets"], cloud)
        file.write_text(yaml.safe_dump(document, sort_keys=False))


def _elsewhere(declared: dict[str, Any], cloud: str) -> dict[str, None]:
    """What the base declares for another cloud alone, each to be taken away."""
    return {name: None for name, one in declared.items() if cloud not in one.get("clouds", [cloud])}


def totp(seed: str, step: int) -> str:
    """The code of a virtual device in one half minute, by RFC 6238."""
    mac = hmac.digest(base64.b32decode(seed), step.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


class Sandbox:
    """One sandbox in its own folder, used through `python -m sandbox`, `pulumi` and `keystead` only."""

    def __init__(self, directory: Path, project: Path = ROOT, home: Path | None = None) -> None:
        self.directory = directory
        self.project = project
        self._outputs: dict[str, dict[str, Any]] = {}
        self._environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._environment |= {"KEYSTEAD_SANDBOX": str(directory), "NO_COLOR": "1", "COLUMNS": "160"}
        self._environment["PATH"] = f"{Path(sys.executable).parent}:{self._environment['PATH']}"
        if home:
            caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
            self._environment |= {"HOME": str(home), "XDG_CACHE_HOME": caches}
        if project != ROOT:
            self._environment["PYTHONPATH"] = str(ROOT)

    def run(self, *command: str, given: str | None = None, timeout: int = 300) -> Finished:
        """Run a command in the project, with what `python -m sandbox env` exports once the sandbox is up."""
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self._environment,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Finished(done.returncode, done.stdout + done.stderr, done.stdout)

    def must(self, *command: str, given: str | None = None, timeout: int = 300) -> str:
        """Run a command that has to succeed and return its standard output."""
        done = self.run(*command, given=given, timeout=timeout)
        assert done.code == 0, f"{' '.join(command)}: exit {done.code}\n{done.output}\n{self._clouds_said()}"
        return done.stdout

    def _clouds_said(self) -> str:
        """The last the clouds have said, such as why a function did not start."""
        logs = (self.directory / "logs").glob("*.log")
        return "\n".join(f"{log.stem}: {log.read_text()[-1000:]}" for log in logs if not log.stem.startswith("up-"))

    def sandbox(self, *arguments: str) -> str:
        """`python -m sandbox ...`, which has to succeed."""
        return self.must(sys.executable, "-m", "sandbox", *arguments)

    def up(self, *arguments: str) -> str:
        """Bring it up; it ends with the process that runs the tests."""
        printed = self.sandbox("up", "--owner-pid", str(os.getpid()), *arguments)
        self.enter()
        return printed

    def enter(self) -> None:
        """Take over what `python -m sandbox env` exports, as `eval` in a shell would."""
        script = self.sandbox("env") + "\nexec env -0"
        done = subprocess.run(
            ["bash", "-c", script], env=self._environment, capture_output=True, text=True, timeout=30, check=True
        )
        self._environment = dict(entry.split("=", 1) for entry in done.stdout.split("\0") if "=" in entry)

    @property
    def variables(self) -> dict[str, str]:
        """The environment that commands run in."""
        return dict(self._environment)

    def down(self) -> None:
        """Stop everything it started."""
        self.sandbox("down")

    def status(self, environment: str) -> dict[str, Any]:
        """What `keystead status --json` says of one environment."""
        document = json.loads(self.run("keystead", "status", "--env", environment, "--json").stdout)
        (found,) = [one for one in document["environments"] if one["environment"] == environment]
        return dict(found)

    def now(self) -> dt.datetime:
        """The time in the sandbox."""
        ahead = int((self.directory / "clock").read_text())
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)

    def advance_to(self, time: dt.datetime) -> None:
        """Let time go on until then, to the minute."""
        self.sandbox("advance", f"{max(1, int((time - self.now()).total_seconds() // 60))}m")

    def secret(self, environment: str, name: str) -> dict[str, Any]:
        """What `keystead status --json` says of one secret."""
        (found,) = [one for one in self.status(environment)["secrets"] if one["name"] == name]
        return dict(found)

    def following(self, environment: str, secret: str) -> dt.datetime:
        """When a secret is rotated next."""
        return dt.datetime.fromisoformat(self.secret(environment, secret)["next_rotation"])

    def outputs(self, environment: str) -> dict[str, Any]:
        """The stack's `aws` output, asked for once: names and ARNs that follow from the spec."""
        if environment not in self._outputs:
            told = self.must("pulumi", "stack", "output", "aws", "--json", "-s", environment)
            self._outputs[environment] = json.loads(told)
        return self._outputs[environment]

    def deployer(self, environment: str) -> boto3.Session:
        """The session of the one who deploys this environment."""
        registry = self._registry()["stacks"][environment]["aws"]
        names = self.profile(environment)
        return boto3.Session(names["aws_access_key_id"], names["aws_secret_access_key"], region_name=registry["region"])

    def client(
        self,
        environment: str,
        service: str,
        session: boto3.Session | None = None,
        *,
        address: str | None = None,
        tls: bool = True,
        region: str | None = None,
    ) -> Any:
        """A client of one AWS service, for a caller at a loopback address, with or without TLS."""
        registry = self._registry()["stacks"][environment]["aws"]
        client = (session or self.deployer(environment)).client(
            service,
            endpoint_url=registry["endpoint" if tls else "plain"],
            verify=str(self.directory / "ca.pem"),
            region_name=region or registry["region"],
            config=_ONCE,
        )
        if address:
            # boto3 has no setting for the local address of its connections.
            client._endpoint.http_session._manager.connection_pool_kw["source_address"] = (address, 0)
        return client

    def assume(self, environment: str, role_arn: str, **asked: str) -> boto3.Session:
        """A session of one of the environment's roles."""
        sts = self.client(environment, "sts")
        got = sts.assume_role(RoleArn=role_arn, RoleSessionName="journey", **asked)["Credentials"]
        return boto3.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], "us-east-1")

    def break_glass(self, environment: str) -> boto3.Session:
        """A session of break-glass, with a second factor: the code of a virtual device the deployer has enabled."""
        iam = self.client(environment, "iam")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"phone-{secrets.token_hex(4)}")["VirtualMFADevice"]
        now = int(time.time()) // 30
        seed = device["Base32StringSeed"].decode()
        iam.enable_mfa_device(
            UserName="deployer",
            SerialNumber=device["SerialNumber"],
            AuthenticationCode1=totp(seed, now - 1),
            AuthenticationCode2=totp(seed, now),
        )
        arn = self.outputs(environment)["roles"]["break-glass"]
        return self.assume(environment, arn, SerialNumber=device["SerialNumber"], TokenCode=totp(seed, now))

    def acting(self, environment: str, role: str, directory: Path) -> tuple[str, ...]:
        """What to put before a command so that it runs as one of the environment's roles."""
        session = self.assume(environment, self.outputs(environment)["roles"][role]).get_credentials()
        known = self.profile(environment)
        config = directory / f"{environment}-{role}"
        config.touch(0o600)
        config.write_text(
            f"[profile {environment}]\n"
            f"region = {known['region']}\nendpoint_url = {known['endpoint_url']}\nca_bundle = {known['ca_bundle']}\n"
            f"aws_access_key_id = {session.access_key}\naws_secret_access_key = {session.secret_key}\n"
            f"aws_session_token = {session.token}\n"
        )
        return "env", f"AWS_CONFIG_FILE={config}", "AWS_SHARED_CREDENTIALS_FILE=/dev/null"

    def read(self, environment: str, role_arn: str, secret: str, address: str, stage: str = "AWSCURRENT") -> str:
        """Read one secret as a reader would: assume the role, come from an address, ask for a label."""
        client = self.client(environment, "secretsmanager", self.assume(environment, role_arn), address=address)
        value: str = client.get_secret_value(SecretId=f"{environment}/{secret}", VersionStage=stage)["SecretString"]
        return value

    def registered(self) -> list[dict[str, Any]]:
        """Every process of the sandbox that is meant to go on: the clouds and the provider plugin."""
        registry = self._registry()
        return [*(cloud for clouds in registry["stacks"].values() for cloud in clouds.values()), registry["provider"]]

    def _registry(self) -> dict[str, Any]:
        return dict(json.loads((self.directory / "sandbox.json").read_text()))

    def profile(self, environment: str) -> dict[str, str]:
        session = botocore.session.Session()
        session.set_config_variable("config_file", str(self.directory / "aws" / "config"))
        session.set_config_variable("credentials_file", str(self.directory / "aws" / "credentials"))
        return dict(session.full_config["profiles"][environment])
