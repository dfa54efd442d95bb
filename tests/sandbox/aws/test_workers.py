"""The keys that functions sign with: their own, and never derived from what everybody knows."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.aws import seams, workers

DERIVED = "ASIADERIVED"
TOGETHER_SECONDS = 0.5


def test_two_workers_of_one_function_that_start_at_once_get_keys_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: dict[str, dict[str, str]] = {}
    both = threading.Barrier(2, timeout=TOGETHER_SECONDS)

    def derive(configuration: dict[str, Any]) -> dict[str, str]:
        """Register one key a function, as ministack does, and go on when both have, where both can get here."""
        sessions[DERIVED] = {"Arn": configuration["Role"]}
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
        return {"AWS_ACCESS_KEY_ID": DERIVED}

    monkeypatch.setattr(seams, "module", lambda _name: SimpleNamespace(_sessions=sessions))
    credentials = workers.random_keys(derive)
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(credentials, [{"Role": "rotator"}] * 2))
    assert sessions == {
        one["AWS_ACCESS_KEY_ID"]: {
            "Arn": "rotator",
            "SecretAccessKey": one["AWS_SECRET_ACCESS_KEY"],
            "SessionToken": one["AWS_SESSION_TOKEN"],
        }
        for one in made
    }
    assert len(sessions) == 2
    assert DERIVED not in sessions
