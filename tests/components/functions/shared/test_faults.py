"""A failure is described by type and place, never by its own text."""

from pathlib import Path

import pytest
from keystead.functions.shared import clock, faults
from keystead.functions.shared.errors import RefusedError
from keystead.functions.shared.sandbox import CLOCK_VARIABLE


def caught(act: object) -> ValueError:
    assert callable(act)
    with pytest.raises(ValueError, match="canary") as failure:
        act()
    return failure.value


def test_the_place_is_the_last_of_the_librarys_own_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clock").write_text("canary")
    monkeypatch.setenv(CLOCK_VARIABLE, str(tmp_path / "clock"))
    described = faults.describe(caught(clock.now))
    assert described["error"] == "ValueError"
    assert described["at"].startswith("functions/shared/clock.py:")
    assert "canary" not in str(described)


def test_a_file_elsewhere_is_not_the_librarys_own_whatever_its_folders_are_called(tmp_path: Path) -> None:
    file = tmp_path / "keystead" / "functions" / "foreign.py"
    code = compile("def fail():\n    raise ValueError('canary')\n", str(file), "exec")
    namespace: dict[str, object] = {}
    exec(code, namespace)  # noqa: S102  # a frame of a file of that name
    assert faults.describe(caught(namespace["fail"])) == {"error": "ValueError", "at": "?"}


def test_an_error_of_the_librarys_own_gives_its_reason() -> None:
    assert faults.describe(RefusedError("the event is not one of ours"))["reason"] == "the event is not one of ours"
