"""The processes of functions: keys of their own, and logs that are told whole with the invocation they belong to."""

import contextlib
import json
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from keystead_sandbox.local_aws.functions import workers
from keystead_sandbox.local_aws.functions.worker import END
from keystead_sandbox.local_aws.patches import ministack
from tests.local_aws.conftest import LocalAccount
from tests.local_process import until

DERIVED = "ASIADERIVED"
TOGETHER_SECONDS = 0.5
WAITING = """
import os, pathlib, time

def handle(event, context):
    pathlib.Path(event, "begun").touch()
    while not pathlib.Path(event, "go-on").exists():
        time.sleep(0.01)
    return os.environ["VERSION"]
"""
PRINTING = "def handle(event, context):\n    for line in range(event):\n        print('line', line)\n"


def test_two_workers_of_one_function_that_start_at_once_get_keys_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: dict[str, dict[str, str]] = {}
    both = threading.Barrier(2, timeout=TOGETHER_SECONDS)

    def derive(configuration: dict[str, Any]) -> dict[str, str]:
        """Register one key a function, as ministack does, and go on when both have, where both can get here."""
        sessions[DERIVED] = {"Arn": configuration["Role"]}
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
        return {"AWS_ACCESS_KEY_ID": DERIVED}

    monkeypatch.setattr(ministack, "module", lambda _name: SimpleNamespace(_sessions=sessions))
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


def test_a_log_that_comes_slowly_is_told_whole_and_with_its_own_invocation() -> None:
    lines: queue.Queue[str] = queue.Queue()

    def log_slowly() -> None:
        for line in ("first", "second", END, "of the next invocation"):
            time.sleep(0.1)
            lines.put(line)

    reader = threading.Thread(target=log_slowly)
    worker = SimpleNamespace(config={"Runtime": "python3.13"}, _stderr_thread=reader, _stderr_queue=lines)
    reader.start()
    drain = workers.whole_log(lambda _worker: "")
    assert drain(worker) == "first\nsecond"
    reader.join()
    assert drain(worker) == "of the next invocation"


def test_the_mark_after_a_log_is_in_no_log(account: LocalAccount) -> None:
    name = "marked-log"
    account.function(name, PRINTING)
    for count in (0, 3, 0, 2):
        account.client("lambda").invoke(FunctionName=name, Payload=str(count).encode())
    found = account.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="")["events"]
    told = [one["message"].strip() for one in found]
    assert [line for line in told if line.startswith("line ")] == ["line 0", "line 1", "line 2", "line 0", "line 1"]
    assert not any(END in line for line in told)


def test_an_invocation_under_way_ends_as_it_began_when_its_function_is_changed(
    own_account: LocalAccount, tmp_path: Path
) -> None:
    name, client = "changed", own_account.client("lambda")
    own_account.function(name, WAITING, Environment={"Variables": {"VERSION": "old"}})

    def invoke() -> dict[str, Any]:
        answer = own_account.client("lambda").invoke(FunctionName=name, Payload=json.dumps(str(tmp_path)).encode())
        return {"error": answer.get("FunctionError"), "answer": json.loads(answer["Payload"].read())}

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(invoke)
        until((tmp_path / "begun").exists)
        client.update_function_configuration(FunctionName=name, Environment={"Variables": {"VERSION": "new"}})
        (tmp_path / "go-on").touch()
        assert under_way.result() == {"error": None, "answer": "old"}
    assert invoke() == {"error": None, "answer": "new"}
    until(lambda: len(own_account.workers()) == 1)
