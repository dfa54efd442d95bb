"""The plugin as a process: its one line, its owner, its errors and its requests without a cloud."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from keystead_sandbox.common.registry import RegistryError
from keystead_sandbox.host.place import ROOT
from keystead_sandbox.pulumi_provider.aws.calls import perform
from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.resource import Call
from keystead_sandbox.pulumi_provider.aws.sessions import Sessions, accounts
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES
from keystead_sandbox.pulumi_provider.errors import CloudError
from tests.pulumi_provider.engine_side import EngineSide, RefusedError

pytestmark = pytest.mark.cloud


def _sandbox(directory: Path, endpoint: str = "http://127.0.0.1:1") -> Path:
    account = {"account": "000000000042", "region": "us-east-1", "endpoint": endpoint, "plain": endpoint}
    stacks = {"trial": {"aws": account}}
    (directory / "sandbox.json").write_text(json.dumps({"version": 1, "stacks": stacks, "provider": {}}))
    (directory / "aws").mkdir(exist_ok=True)
    (directory / "aws" / "credentials").write_text(
        "[trial]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = canary-secret\n"
    )
    return directory / "sandbox.json"


def _start(path: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "keystead_sandbox.pulumi_provider", "--registry", str(path), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_says_its_port_listens_on_loopback_alone_and_ends_with_its_owner(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True) as owner:
        process = _start(_sandbox(tmp_path), "--owner", str(owner.pid))
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["aws"]
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", port), timeout=5):
            pass
        owner.communicate("\n", timeout=10)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_cloud_that_does_not_answer_is_named_without_its_credentials(tmp_path: Path) -> None:
    process = _start(_sandbox(tmp_path))
    assert process.stdout is not None
    with pytest.raises(
        RefusedError, match=r"the cloud of stack 'trial' does not answer at http://127\.0\.0\.1:1"
    ) as no:
        EngineSide(json.loads(process.stdout.readline())["aws"], "trial")
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert "canary" not in str(no.value) + errors
    assert "AKIA" not in str(no.value) + errors


def test_a_registry_is_read_again_when_it_changes_and_shows_no_keys(tmp_path: Path) -> None:
    path = _sandbox(tmp_path)
    found = accounts(path)
    assert found.cloud("trial").endpoint == "http://127.0.0.1:1"
    _sandbox(tmp_path, "http://127.0.0.1:22")
    assert found.cloud("trial").endpoint == "http://127.0.0.1:22"
    assert "canary" not in repr(found.cloud("trial"))
    path.write_text("{")
    with pytest.raises(RegistryError, match=r"cannot read the sandbox's registry sandbox\.json"):
        found.cloud("trial")


def test_a_call_that_does_not_fit_the_service_names_the_parameter_and_not_its_value(local: Any) -> None:
    context = Context(Sessions(local.place.registry).open("trial", {}))
    call = Call("DescribeKey", {"KeyId": lambda _: 4711, "Grant": "canary"})
    with pytest.raises(CloudError, match="kms:DescribeKey: ParamValidation") as refusal:
        perform(call, RESOURCES.find("aws:kms/key:Key"), context)
    assert "KeyId" in str(refusal.value)
    assert "4711" not in str(refusal.value)
    assert "canary" not in str(refusal.value)
