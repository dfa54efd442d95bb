"""What the pack costs: a preview of many resources with it and without it.

`python -m bench.policy_cost` prints the times, their ratio and the pack's memory.
"""

import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.real_engine import Project, project

OFFICIAL = """
import gc
import importlib

import pulumi

gc.enable()
importlib.reload(pulumi.log)
"""
"""Runs the rest as Pulumi's own language host does for users, with garbage collection and the SDK's debug messages: the
sandbox's does without both, in half the time. (Source: sdk/python/cmd/pulumi-language-python-exec in pulumi/pulumi.)"""
DOCUMENTS = """
import json

account = "arn:aws:iam::333333333333:root"
own = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": ["kms:Put*", "kms:Get*"], "Resource": "*"}
role = f"{account[:-4]}role/orders"
use = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": ["kms:Decrypt"], "Resource": "*"}
tls = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
tls["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
place = {**tls, "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d"]}}}
key_policy = json.dumps({"Version": "2012-10-17", "Statement": [own, use]})
secret_policy = json.dumps({"Version": "2012-10-17", "Statement": [tls, place]})
"""
TYPED = f"""
{OFFICIAL}
import pulumi_aws as aws
{DOCUMENTS}
for index in range(200):
    name = f"r{{index}}"
    key = aws.kms.Key(name, enable_key_rotation=True, deletion_window_in_days=30, policy=key_policy)
    aws.kms.Alias(name, name=f"alias/prod/{{name}}", target_key_id=key.id)
    secret = aws.secretsmanager.Secret(name, name=f"prod/{{name}}", kms_key_id=key.id, recovery_window_in_days=30)
    aws.secretsmanager.SecretPolicy(name, secret_arn=secret.id, policy=secret_policy, block_public_policy=True)
    rules = {{"automatically_after_days": 90}}
    aws.secretsmanager.SecretRotation(name, secret_id=secret.id, rotation_lambda_arn="arn", rotation_rules=rules)
"""
"""1,000 resources as a user of pulumi-aws writes them, with nothing a rule would say."""
RAW = f"""
{OFFICIAL}
{DOCUMENTS}
for index in range(200):
    name = f"r{{index}}"
    key = {{"enableKeyRotation": True, "deletionWindowInDays": 30, "policy": key_policy}}
    key = pulumi.CustomResource("aws:kms/key:Key", name, key)
    alias = {{"name": f"alias/prod/{{name}}", "targetKeyId": key.id}}
    pulumi.CustomResource("aws:kms/alias:Alias", name, alias)
    secret = {{"name": f"prod/{{name}}", "kmsKeyId": key.id, "recoveryWindowInDays": 30}}
    secret = pulumi.CustomResource("aws:secretsmanager/secret:Secret", name, secret)
    policy = {{"secretArn": secret.id, "policy": secret_policy, "blockPublicPolicy": True}}
    pulumi.CustomResource("aws:secretsmanager/secretPolicy:SecretPolicy", name, policy)
    rotation = {{"secretId": secret.id, "rotationLambdaArn": "arn", "rotationRules": {{"automaticallyAfterDays": 90}}}}
    pulumi.CustomResource("aws:secretsmanager/secretRotation:SecretRotation", name, rotation)
"""
"""The same without the SDK's classes, which are half of what a Python program takes: the pack weighs more beside it."""
PROGRAMS = {"typed": TYPED, "raw": RAW}
RESOURCES = 1000
PROC = Path("/proc")
PROVIDERS = {
    "aws:allowedAccountIds": ["333333333333"],
    "aws:defaultTags": {"tags": {"keystead:environment": "prod", "keystead:owner": "payments"}},
}
"""Configuration of the default provider."""


@dataclass(frozen=True)
class Cost:
    """Seconds of each preview without and with the pack, pair by pair, and the most memory the pack's process had."""

    without: list[float]
    with_pack: list[float]
    pack_mb: float

    @property
    def ratio(self) -> float:
        """How much longer a preview takes with the pack: the median of the pairs, as no machine is always as quick."""
        pairs = zip(self.without, self.with_pack, strict=True)
        return statistics.median(with_pack / without for without, with_pack in pairs)


def cost(directory: Path, program: str = TYPED, rounds: int = 5) -> Cost:
    """Measure previews of RESOURCES resources, without and with the pack in turn; the memory in one more.

    Looking for the pack's process takes time of the provider, which lives in this process.
    """
    with project(directory) as shop:
        shop.program(program)
        shop.configure("prod", {}, PROVIDERS)
        without, with_pack = [], []
        for _ in range(rounds):
            without.append(_seconds(shop, pack=False))
            with_pack.append(_seconds(shop, pack=True))
        with _watched() as memory:
            _seconds(shop, pack=True)
    return Cost(without, with_pack, memory[0])


def _seconds(shop: Project, *, pack: bool) -> float:
    ran = shop.preview("prod", pack=pack)
    if ran.code != 0:
        raise RuntimeError(ran.output)
    return ran.seconds


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Watch the memory of pack processes (`-m pulumi.policy`) and keep the most."""
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            most[0] = max([most[0], *(_resident(process) for process in _packs())])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def _packs() -> Iterator[Path]:
    for process in PROC.glob("[0-9]*"):
        try:
            if b"pulumi.policy" in (process / "cmdline").read_bytes():
                yield process
        except OSError:
            continue


def _resident(process: Path) -> float:
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), default=0.0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = cost(Path(scratch))
    pairs = ", ".join(f"{one:.1f} and {other:.1f} s" for one, other in zip(found.without, found.with_pack, strict=True))
    told = f"{RESOURCES} resources, without and with the pack: {pairs}"
    print(f"{told}: {found.ratio:.2f} times; the pack has {found.pack_mb:.0f} MB")
