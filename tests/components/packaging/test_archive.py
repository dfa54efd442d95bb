"""An archive of whatever function: equal bytes everywhere, others as soon as something in it changes, complete."""

import dataclasses
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from keystead.functions.shared.settings import SETTINGS_FILE, load
from keystead.model.clouds import Cloud
from keystead.model.errors import ArchiveError
from keystead.packaging.archive import Archive, write_archive

from tests.components.packaging.sources import GREETER, made_up


@dataclasses.dataclass(frozen=True)
class GreeterSettings:
    environment: str
    times: int = 1


SETTINGS = GreeterSettings("prod")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return made_up(tmp_path / "sources")


def archived(sources: Path, folder: Path, cloud: Cloud = "aws", settings: GreeterSettings = SETTINGS) -> Archive:
    return write_archive(GREETER, cloud, settings, directory=folder, sources=sources)


def unpacked(archive: Archive, folder: Path) -> set[str]:
    with zipfile.ZipFile(archive.path) as packed:
        packed.extractall(folder)
        return set(packed.namelist())


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_another_folder_time_and_file_mode_give_the_same_bytes(cloud: Cloud, sources: Path, tmp_path: Path) -> None:
    first = archived(sources, tmp_path / "first", cloud)
    elsewhere = made_up(tmp_path / "elsewhere" / "deeper")
    for file in elsewhere.rglob("*.py"):
        file.chmod(0o600)
        os.utime(file, (1_000_000_000, 1_000_000_000))
    second = archived(elsewhere, tmp_path / "second", cloud)
    assert Path(first.path).read_bytes() == Path(second.path).read_bytes()
    assert first.sha256 == second.sha256
    with zipfile.ZipFile(first.path) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


def test_a_changed_setting_and_a_changed_line_of_imported_code_give_another_archive(
    sources: Path, tmp_path: Path
) -> None:
    hashes = {archived(sources, tmp_path, settings=GreeterSettings("prod", times)).sha256 for times in (1, 2)}
    (sources / "keystead/functions/shared/deep/words.py").write_text("WORDS = '!'\n")
    hashes.add(archived(sources, tmp_path).sha256)
    assert len(hashes) == len(list(tmp_path.glob("greeter-*.zip"))) == 3


def test_code_that_the_function_does_not_import_leaves_its_archive_as_it_is(sources: Path, tmp_path: Path) -> None:
    first = archived(sources, tmp_path)
    (sources / "keystead/functions/shared/unused.py").write_text("# another line\n")
    (sources / "keystead/functions/greeter/gcp.py").write_text("# another line\n")
    assert archived(sources, tmp_path) == first


def test_an_archive_holds_what_the_function_imports_its_settings_and_nothing_else(
    sources: Path, tmp_path: Path
) -> None:
    names = unpacked(archived(sources, tmp_path), tmp_path / "task")
    assert {name for name in names if not name.startswith("keystead/functions/")} == {
        *("main.py", "keystead/__init__.py", SETTINGS_FILE),
    }
    assert len(names) == 12
    assert load(GreeterSettings, tmp_path / "task" / SETTINGS_FILE) == SETTINGS


def test_what_goes_to_gcp_has_an_entry_point_and_packages_beside_it(sources: Path, tmp_path: Path) -> None:
    names = unpacked(archived(sources, tmp_path, "gcp"), tmp_path / "task")
    assert {name for name in names if "/" not in name} == {"main.py", "requirements.txt", SETTINGS_FILE}
    assert (tmp_path / "task" / "requirements.txt").read_text() == "flask==3.1.3\n"


@pytest.mark.parametrize(
    ("cloud", "call"), [("aws", "handle({}, None) == 'hello, world'"), ("gcp", "handle(None) == ('hello', 200)")]
)
def test_the_handler_that_the_cloud_is_told_to_call_works_from_the_archive_alone(
    cloud: Cloud, call: str, sources: Path, tmp_path: Path
) -> None:
    archive = archived(sources, tmp_path, cloud)
    unpacked(archive, tmp_path / "task")
    module, _, function = archive.handler.rpartition(".")
    program = (
        "import importlib, sys, types\n"
        f"sys.path.append({str(tmp_path / 'task')!r})\n"
        "sys.modules['boto3'] = types.ModuleType('boto3')\n"
        f"handle = getattr(importlib.import_module({module or 'main'!r}), {function!r})\n"
        f"assert {call}\n"
    )
    command = [sys.executable, "-P", "-c", program]
    environment = {"PATH": os.environ["PATH"]}
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_an_archive_that_was_cut_short_is_written_again(sources: Path, tmp_path: Path) -> None:
    whole = Path(archived(sources, tmp_path / "archives").path)
    data = whole.read_bytes()
    whole.write_bytes(data[:100])
    assert Path(archived(sources, tmp_path / "archives").path).read_bytes() == data
    assert list((tmp_path / "archives").iterdir()) == [whole]


def test_a_folder_that_cannot_be_written_is_one_clear_error(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, where a folder is wanted")
    with pytest.raises(ArchiveError, match=r"archive cannot be written: .*; make the folder writable or free space"):
        archived(sources, tmp_path / "taken")
