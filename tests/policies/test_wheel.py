"""The distribution keystead-policies: built and installed without a network, it does what a checkout does."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from keystead_policies.engine.rule import RULES
from keystead_policies.engine.topics import load
from keystead_policies.version import VERSION

from tests.policies.analyzer import PACK, running
from tests.policies.programs import declared
from tests.policies.test_check import RIGHT, WRONG

pytestmark = pytest.mark.e2e  # from the build to an environment of its own

load()
UV = Path(sys.executable).with_name("uv")
(DEPENDENCIES,) = (PACK / ".venv" / "lib").glob("python3*/site-packages")
KEY = {"aws:kms/key:Key": {"$name": "orders"}}


def uv(*arguments: str) -> None:
    done = subprocess.run(
        [UV, *arguments, "--offline", "--no-config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("dist")
    uv("build", "--wheel", "--no-build-isolation", str(PACK), "--out-dir", str(built))
    (found,) = built.glob("*.whl")
    return found


class Installed:
    """An environment with the wheel alone; its dependencies are those of the checkout."""

    def __init__(self, directory: Path, wheel: Path) -> None:
        venv.create(directory, with_pip=False)
        self.directory = directory
        self.python = directory / "bin" / "python"
        self.environment: Mapping[str, str] = {"PYTHONPATH": str(DEPENDENCIES), "PATH": os.environ["PATH"]}
        uv("pip", "install", "--no-deps", "--python", str(self.python), str(wheel))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run([self.python, "-m", "keystead_policies", *arguments])

    def script(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run([self.directory / "bin" / "keystead-policies", *arguments])

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("environment"), wheel)


def test_the_wheel_has_the_pack_the_type_marker_the_license_and_pinned_dependencies(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = f"keystead_policies-{VERSION}.dist-info"
        metadata = Parser().parsestr(archive.read(f"{about}/METADATA").decode())
    parts = ("pack/PulumiPolicy.yaml", "pack/__main__.py", "py.typed", "__main__.py")
    assert {f"keystead_policies/{part}" for part in parts} | {f"{about}/licenses/LICENSE"} <= names
    assert not any(".venv" in name or "test" in name for name in names)
    assert (metadata["Name"], metadata["Version"]) == ("keystead-policies", VERSION)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "pulumi-policy==1.21.0" in metadata.get_all("Requires-Dist", [])


def test_an_installed_pack_lists_every_rule(installed: Installed) -> None:
    for listed in (installed.run("rules"), installed.script("rules")):
        assert [rule["id"] for rule in json.loads(listed.stdout)] == list(RULES), listed.stderr


def test_an_installed_pack_checks_an_exported_state(installed: Installed) -> None:
    state = installed.directory / "state.json"
    for exported, code in ((WRONG, 1), (RIGHT, 0)):
        state.write_text(json.dumps(exported))
        done = installed.run("check", "state.json", "--sarif", "out.sarif")
        assert done.returncode == code, done.stderr
        assert (installed.directory / "out.sarif").is_file()


def test_an_installed_pack_serves_the_engine_from_the_directory_it_prints(installed: Installed) -> None:
    pack = Path(installed.run("path").stdout.strip())
    assert pack.is_relative_to(installed.directory.resolve())
    assert "virtualenv" not in (pack / "PulumiPolicy.yaml").read_text()
    with running(installed.environment, installed.python, pack) as analyzer:
        told = analyzer.configure("prod")
        found = {each.rule for each in analyzer.judge(declared([KEY]))}
    assert {policy.name for policy in told.policies} == set(RULES)
    assert "aws-key-rotates" in found
