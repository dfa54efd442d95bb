import json
from pathlib import Path
from typing import Any

import pytest
from keystead_sandbox.local_aws.functions.sibling import environment
from tests.local_aws.conftest import ACCOUNT, LocalAccount, start

pytestmark = pytest.mark.cloud

SOURCE = """
import os, ssl
def handle(event, context):
    stores = ssl.create_default_context().cert_store_stats()["x509_ca"]
    return {"endpoint": os.environ.get("KEYSTEAD_GCP_ENDPOINT", ""), "authorities": stores}
"""


def registry(directory: Path, **stacks: dict[str, Any]) -> Path:
    file = directory / "sandbox.json"
    file.write_text(json.dumps({"version": 2, "stacks": stacks}))
    return file


def stack(account: str, port: int = 0) -> dict[str, Any]:
    gcp = {"gcp": {"endpoint": f"https://127.0.0.1:{port}"}} if port else {}
    return {"aws": {"account": account}, **gcp}


@pytest.mark.parametrize(
    ("stacks", "function", "port"),
    [
        ({"dev": stack("1", 8001), "prod": stack("2", 8002)}, "dev-rotator", 8001),
        ({"dev": stack("1", 8001), "prod": stack("1", 8002)}, "prod-rotator", 8002),
        ({"dev": stack("1", 8001), "devx": stack("1", 8002)}, "devx-rotator", 8002),
        ({"dev": stack("1", 8001)}, "custom-name", 8001),
        ({"dev": stack("1", 8001), "prod": stack("1", 8002)}, "custom-name", 0),
        ({"dev": stack("1"), "prod": stack("2", 8002)}, "dev-rotator", 0),
        ({}, "dev-rotator", 0),
    ],
)
def test_a_function_finds_the_project_of_its_own_environment(
    tmp_path: Path, stacks: dict[str, Any], function: str, port: int
) -> None:
    found = environment(registry(tmp_path, **stacks), "1", function, tmp_path / "ca.pem")
    expected = {"KEYSTEAD_GCP_ENDPOINT": f"https://127.0.0.1:{port}", "SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    assert found == (expected if port else {})


def test_without_a_registry_there_is_no_project(tmp_path: Path) -> None:
    assert environment(None, "1", "dev-rotator", tmp_path) == {}
    assert environment(tmp_path / "sandbox.json", "1", "dev-rotator", tmp_path) == {}


def test_a_running_function_has_the_endpoint_and_trusts_it(tmp_path: Path) -> None:
    account = start(tmp_path, "--registry", str(tmp_path / "sandbox.json"))
    try:
        registry(tmp_path, dev=stack(ACCOUNT, 8001))
        assert _called(account) == {"endpoint": "https://127.0.0.1:8001", "authorities": 1}
    finally:
        account.stop()


def _called(account: LocalAccount) -> dict[str, Any]:
    account.function("dev-told", SOURCE)
    answer = account.client("lambda").invoke(FunctionName="dev-told", Payload=b"{}")
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found
