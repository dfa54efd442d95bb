"""What is tracked speaks of the product alone: no machine's paths, no package index, no key material."""

import functools
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asserting import without_assertion

ROOT = Path(__file__).parents[1]

FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.$}~-])/(?:home/[a-z]|Users/[A-Za-z]|root/|wor[k]/|tmp/[a-z])"),
    "a package index": re.compile(
        r"--(?:extra-)?index-ur[l]|(?:PIP|UV)_[A-Z_]*INDE[X]|/simple/[a-z]|artifactor[y]", re.IGNORECASE
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KE[Y]-----"),
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)(?!(.)\1{15}|[A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}\b"),
    "a secrets provider's salt": re.compile(r"^encryptionsal[t]:", re.MULTILINE),
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, timeout=60, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


@functools.cache
def tracked_texts() -> list[tuple[str, str]]:
    return [found for file in tracked() if file.is_file() for found in texts(file)]


def texts(file: Path) -> Iterator[tuple[str, str]]:
    """The text of a file, and of each file in an archive."""
    name = file.relative_to(ROOT).as_posix()
    if file.suffix != ".zip":
        yield name, file.read_text(encoding="utf-8")
        return
    with zipfile.ZipFile(file) as archive:
        for member in archive.namelist():
            yield f"{name}/{member}", archive.read(member).decode("utf-8")


@pytest.mark.parametrize("kind", FOREIGN)
def test_no_tracked_file_holds(kind: str) -> None:
    found = []
    for name, text in tracked_texts():
        lines = [text.count("\n", 0, hit.start()) + 1 for hit in FOREIGN[kind].finditer(text)]
        found += [f"{name}:{line}" for line in lines]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("a path of one machine", "see /home/" + "jo/x"),
        ("a package index", "--index-" + "url https://pypi.example"),
        ("a private key", "-----BEGIN RSA PRIVATE " + "KEY-----"),
        ("an access key of AWS", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("a secrets provider's salt", "encryption" + "salt: v1:abc"),
    ],
)
def test_each_would_be_found(kind: str, text: str) -> None:
    assert FOREIGN[kind].search(text)


def test_locked_requirements_name_no_place_to_load_from() -> None:
    locks = [file for file in tracked() if file.name.startswith("requirements") and file.suffix == ".lock"]
    assert locks
    for lock in locks:
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name


def test_every_test_can_fail() -> None:
    tests = [
        file
        for file in tracked()
        if "tests" in file.relative_to(ROOT).parts and file.suffix == ".py" and file.is_file()
    ]
    assert len(tests) > 100
    assert without_assertion(tests) == []


def test_a_test_without_an_assertion_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "test_file.py"
    file.write_text(
        "def helper():\n    assert 1\n"
        "def test_by_itself():\n    assert 1\n"
        "def test_by_a_helper():\n    helper()\n"
        "def test_by_pytest():\n    with pytest.raises(KeyError):\n        {}[1]\n"
        "def test_of_nothing():\n    print(1)\n"
    )
    assert without_assertion([file]) == ["test_file.py:10 test_of_nothing"]
