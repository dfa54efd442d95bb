"""The fingerprint that tells a process of old code from one of new code."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import code
from sandbox.place import CHECKOUT

PARTS = ["aws", "gcp", "provider"]
LOADED = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("sandbox.")), sep="\\n")
"""


@pytest.mark.parametrize("part", PARTS)
def test_every_module_that_a_process_loads_counts(part: str) -> None:
    command = [sys.executable, "-c", LOADED, f"sandbox.{part}"]
    loaded = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=True)
    files = {Path(line) for line in loaded.stdout.splitlines()}
    assert CHECKOUT / "sandbox" / part / "__main__.py" in files
    assert files <= set(code.sources(part))


@pytest.mark.parametrize("part", PARTS)
def test_every_source_that_counts_is_there(part: str) -> None:
    assert [file for file in code.sources(part) if not file.is_file()] == []


@pytest.mark.parametrize("changed", ["sandbox/provider/server.py", "sandbox/gcp/discovery.py", "requirements.lock"])
def test_a_change_of_any_of_them_is_another_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    for file in (*code.sources("provider"), code.PINNED):
        copy = tmp_path / file.relative_to(CHECKOUT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    monkeypatch.setattr(code, "CHECKOUT", tmp_path)
    monkeypatch.setattr(code, "PINNED", tmp_path / "requirements.lock")
    before = code.fingerprint("provider")
    assert code.fingerprint("provider") == before
    with (tmp_path / changed).open("a") as opened:
        opened.write("\n")
    assert code.fingerprint("provider") != before
