"""The wheels are whole: installed into an empty environment they do what the checkout does."""

import json
import os
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.distributions import ROOT, Installed, build

pytestmark = pytest.mark.e2e  # from the build to an environment of its own


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed.of(tmp_path_factory.mktemp("environment"), wheels)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A user's project: the stacks of the example, nothing else of the checkout."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks", ignore=shutil.ignore_patterns(".build", "__pycache__"))
    text = (ROOT / "Pulumi.yaml").read_text()
    (tmp_path / "Pulumi.yaml").write_text(text.replace("virtualenv: .venv", "virtualenv: no-such-folder"))
    return tmp_path


def test_each_wheel_has_every_file_of_its_package_and_a_license(wheels: list[Path]) -> None:
    packages = {"keystead": ROOT / "components", "keystead_sandbox": ROOT / "sandbox"}
    for wheel in wheels:
        package = wheel.name.split("-")[0]
        root = packages.pop(package)
        with ZipFile(wheel) as archive:
            shipped = set(archive.namelist())
        sources = {
            file.relative_to(root).as_posix()
            for file in (root / package).rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }
        assert sources - shipped == set()
        assert f"{package}/py.typed" in shipped
        assert any(name.endswith("licenses/LICENSE") for name in shipped)
    assert packages == {}


def test_the_installed_command_checks_the_specs_of_a_project(installed: Installed, project: Path) -> None:
    done = installed.run("keystead", "check", project=project)
    assert done.returncode == 0, done.stderr
    assert "prod" in done.stdout


def test_the_installed_sandbox_starts_and_ends_its_clouds_for_a_project_that_has_no_checkout(
    installed: Installed, project: Path
) -> None:
    owner = str(os.getpid())
    started = installed.run("keystead", "sandbox", "up", "--env", "dev", "--owner-pid", owner, project=project)
    try:
        assert started.returncode == 0, started.stderr
        assert 'eval "$(keystead sandbox env)"' in started.stdout
        assert "order-events-secret" in started.stdout
        status = installed.run("keystead", "sandbox", "status", "--json", project=project)
        assert [cloud["running"] for cloud in json.loads(status.stdout)["clouds"]] == [True, True]
    finally:
        ended = installed.run("keystead", "sandbox", "down", project=project)
    assert ended.stderr.strip() == "4 processes ended"


def test_without_the_sandbox_its_command_says_what_to_install(
    wheels: list[Path], project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = Installed.of(tmp_path_factory.mktemp("alone"), [one for one in wheels if "sandbox" not in one.name])
    done = alone.run("keystead", "sandbox", "up", "--env", "dev", project=project)
    assert done.returncode == 2
    assert done.stderr == "error: the sandbox is not installed; run pip install 'keystead[sandbox]'\n"


def test_the_installed_component_package_is_where_it_says(installed: Installed, project: Path) -> None:
    program = "from keystead.plugin import DIRECTORY; print(*sorted(one.name for one in DIRECTORY.iterdir()))"
    done = installed.run("python", "-c", program, project=project)
    assert {"PulumiPlugin.yaml", "__main__.py"} <= set(done.stdout.split())
    loaded = installed.run("python", "-c", "import keystead.plugin.host", project=project)
    assert loaded.returncode == 0, loaded.stderr
