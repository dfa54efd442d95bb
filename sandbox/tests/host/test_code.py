"""The fingerprint that tells a process of old code from one of new code."""

import subprocess
import sys
from pathlib import Path

import pytest
from keystead_sandbox.host import code
from keystead_sandbox.host.place import PACKAGE

PARTS = ["local_aws", "local_gcp", "pulumi_provider"]
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
    loaded = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    files = {Path(line) for line in loaded.stdout.splitlines()}
    assert PACKAGE / part / "__main__.py" in files
    assert files <= set(code.sources(part))


@pytest.mark.parametrize("part", PARTS)
def test_every_source_that_counts_is_there(part: str) -> None:
    assert [file for file in code.sources(part) if not file.is_file()] == []


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, with one package installed beside it."""
    for file in code.sources("pulumi_provider"):
        copy = tmp_path / "package" / file.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (tmp_path / "installed" / "ministack-1.5.33.dist-info").mkdir(parents=True)
    monkeypatch.setattr(code, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(code, "INSTALLED", tmp_path / "installed")
    return tmp_path


@pytest.mark.parametrize("changed", ["pulumi_provider/server.py", "common/discovery.py"])
def test_a_change_of_any_source_is_another_code(copied: Path, changed: str) -> None:
    before = code.fingerprint("pulumi_provider")
    assert code.fingerprint("pulumi_provider") == before
    with (copied / "package" / changed).open("a") as opened:
        opened.write("\n")
    assert code.fingerprint("pulumi_provider") != before


def test_another_version_of_an_installed_package_is_another_code(copied: Path) -> None:
    before = code.fingerprint("pulumi_provider")
    (copied / "installed" / "ministack-1.5.33.dist-info").rename(copied / "installed" / "ministack-1.5.34.dist-info")
    assert code.fingerprint("pulumi_provider") != before
