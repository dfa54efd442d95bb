"""Where official providers are looked for, and what is said where there are none."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fidelity import tools
from fidelity.figures import Figures, table
from fidelity.provider import AWS, GCP

ROOT = Path(__file__).parents[2]


def provider(mirror: Path, source: str, version: str, *, packed: bool = False) -> None:
    folder = mirror / "registry.terraform.io" / source
    name = source.rpartition("/")[2]
    if packed:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"terraform-provider-{name}_{version}_linux_amd64.zip").touch()
    else:
        (folder / version / "linux_amd64").mkdir(parents=True)
        (folder / version / "linux_amd64" / f"terraform-provider-{name}_v{version}_x5").touch()


def test_the_newest_version_of_a_mirror_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_DIR", str(tmp_path))
    provider(tmp_path, "hashicorp/aws", "5.99.0")
    provider(tmp_path, "hashicorp/aws", "5.100.0")
    provider(tmp_path, "hashicorp/google-beta", "8.0.1", packed=True)
    assert [str(tools.release(one)) for one in (AWS, GCP)] == ["hashicorp/aws 5.100.0", "hashicorp/google-beta 8.0.1"]


def test_without_a_named_folder_terraforms_own_mirrors_are_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_PLUGIN_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "shared"))
    assert tools.release(AWS) is None
    provider(tmp_path / "data" / "terraform" / "plugins", "hashicorp/aws", "6.0.0")
    assert str(tools.release(AWS)) == "hashicorp/aws 6.0.0"


def test_the_newest_plugin_of_pulumi_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools.plugin("aws") is None
    for version in ("7.9.0", "7.51.1"):
        folder = tmp_path / "plugins" / f"resource-aws-v{version}"
        folder.mkdir(parents=True)
        (folder / "pulumi-resource-aws").touch()
    assert tools.plugin("aws") == tmp_path / "plugins" / "resource-aws-v7.51.1"


def test_where_nothing_can_be_had_it_is_said_and_nothing_is_started(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fidelity"],
        cwd=ROOT,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": "sandbox"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "terraform is not on PATH: no stack was held against the official providers",
        (
            "pulumi-resource-aws and pulumi-resource-gcp neither on PATH nor in PULUMI_HOME: "
            "no stack was deployed with Pulumi's official plugins"
        ),
    ]


def test_the_table_shows_what_was_counted_and_only_all_of_it_is_complete() -> None:
    figures = Figures(stack="dev", provider="hashicorp/aws 5.100.0", resources=3, valid=3, applied=3, stable=2)
    assert table([figures]).splitlines()[2] == "| dev | hashicorp/aws 5.100.0 | 3 | 3 | 3 | 2 |"
    assert not figures.complete
    assert replace(figures, stable=3).complete
    assert not replace(figures, stable=3, problems=["a diagnostic"]).complete
    assert not Figures(stack="dev", provider="hashicorp/aws 5.100.0").complete
