"""The fingerprint that tells a process of old code from one of new code."""

import subprocess
import sys
from pathlib import Path

import pytest
from keystead_sandbox.host import code
from keystead_sandbox.host.place import CHECKOUT, PACKAGE

PARTS = ["local_aws", "local_gcp", "pulumi_provider"]
DISTRIBUTION = "sandbox/keystead_sandbox"
LOADED = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("keystead_sandbox.")), sep="\\n")
"""


@pytest.mark.parametrize("part", PARTS)
def test_every_module_that_a_process_loads_counts(part: str) -> None:
    command = [sys.executable, "-c", LOADED, f"keystead_sandbox.{part}"]
    loaded = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=True)
    files = {Path(line) for line in loaded.stdout.splitlines()}
    assert PACKAGE / part / "__main__.py" in files
    assert files <= set(code.sources(part))


@pytest.mark.parametrize("part", PARTS)
def test_every_source_that_counts_is_there(part: str) -> None:
    assert [file for file in code.sources(part) if not file.is_file()] == []


@pytest.mark.parametrize(
    "changed",
    [f"{DISTRIBUTION}/pulumi_provider/server.py", f"{DISTRIBUTION}/common/discovery.py", "requirements.lock"],
)
def test_a_change_of_any_of_them_is_another_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    for file in (*code.sources("pulumi_provider"), code.PINNED):
        copy = tmp_path / file.relative_to(CHECKOUT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    monkeypatch.setattr(code, "CHECKOUT", tmp_path)
    monkeypatch.setattr(code, "PACKAGE", tmp_path / DISTRIBUTION)
    monkeypatch.setattr(code, "PINNED", tmp_path / "requirements.lock")
    before = code.fingerprint("pulumi_provider")
    assert code.fingerprint("pulumi_provider") == before
    with (tmp_path / changed).open("a") as opened:
        opened.write("\n")
    assert code.fingerprint("pulumi_provider") != before
