from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from keystead.model.errors import KeysteadError
from keystead.operations import rotation
from keystead.operations.rotation import Result, rotate
from keystead.operations.rotation_request import Accepted, Outcome
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import build

from tests.components.cli.conftest import BASE, OVERLAY


class Request:
    """A rotation that an earlier try left unfinished, and that ends as told."""

    ends = Outcome(current="b")

    def __init__(self, spec: EnvironmentSpec, name: str) -> None:
        self.asked = (spec.environment, name)

    def displaces(self) -> bool:
        return False

    def submit(self) -> Accepted:
        return Accepted(before="a", wanted="b", resumed=True)

    def outcome(self, accepted: Accepted, since: datetime) -> Outcome:  # noqa: ARG002 - the protocol's signature
        return self.ends

    def advice(self, accepted: Accepted) -> str:  # noqa: ARG002 - the protocol's signature
        return "wait"


class Listener:
    """Keeps what an operation reports."""

    def __init__(self) -> None:
        self.waits: list[str] = []
        self.notices: list[str] = []

    @contextmanager
    def progress(self, doing: str) -> Iterator[None]:
        self.waits.append(doing)
        yield


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> EnvironmentSpec:
    monkeypatch.setattr(rotation, "resolve_name", {rotation.ROTATIONS["aws"]: Request}.__getitem__)
    return build("dev", OVERLAY, BASE)


def test_what_is_waited_for_and_an_earlier_try_are_told_as_they_come(spec: EnvironmentSpec) -> None:
    heard = Listener()
    report = rotate(spec, "session-secret", 60, heard.progress, heard.notices.append)
    assert (report.result, report.before, report.current, report.stored_as) == (
        "rotated",
        "a",
        "b",
        "dev/session-secret",
    )
    assert heard.waits == ["requesting the rotation of session-secret in dev", "rotating session-secret in dev"]
    assert heard.notices == ["session-secret: an earlier rotation has not finished; it is continued."]


@pytest.mark.parametrize(
    ("patience", "ends", "result"),
    [
        (None, Outcome(), Result.ORDERED),
        (0, Outcome(), Result.UNFINISHED),
        (60, Outcome(failure="verify: refused"), Result.FAILED),
    ],
)
def test_how_far_it_came_is_the_result(
    spec: EnvironmentSpec, monkeypatch: pytest.MonkeyPatch, patience: float | None, ends: Outcome, result: Result
) -> None:
    monkeypatch.setattr(Request, "ends", ends)
    report = rotate(spec, "session-secret", patience)
    assert (report.result, report.reason, report.current) == (result, ends.failure, None)


def test_a_value_that_a_person_provides_is_not_rotated(spec: EnvironmentSpec) -> None:
    with pytest.raises(KeysteadError, match="keystead secret put processor-key --env dev"):
        rotate(spec, "processor-key", None)
