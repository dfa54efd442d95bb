"""What the function on GCP installs is what this checkout is tested with."""

from pathlib import Path

from keystead.functions import rotator

from tests.components.functions.rotator import closure

COMMITTED = Path(rotator.__path__[0]) / "requirements.txt"


def test_the_functions_requirements_are_the_locks_with_their_hashes() -> None:
    assert COMMITTED.read_text() == closure.pinned()


def test_every_package_is_pinned_and_hashed() -> None:
    blocks = COMMITTED.read_text().replace("\\\n", " ").splitlines()
    assert {block.split("==")[0] for block in blocks} == closure.names()
    assert all("--hash=sha256:" in block for block in blocks)
