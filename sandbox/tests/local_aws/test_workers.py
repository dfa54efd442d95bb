"""The processes of functions: keys of their own, and logs that are told whole with the invocation they belong to."""

import json
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from keystead_sandbox.local_aws.functions import workers
from keystead_sandbox.local_aws.functions.worker import END
from tests.local_aws.conftest import ACCOUNT, LocalAccount
from tests.local_aws.patched import shows
from tests.local_process import until

SIGNING = """
import boto3, os, pathlib, time

def handle(event, context):
    wait = pathlib.Path(event["wait"])
    (wait / event["name"]).touch()
    while len(list(wait.iterdir())) < 2:
        time.sleep(0.01)
    caller = boto3.client("sts").get_caller_identity()["Arn"]
    return {"key": os.environ["AWS_ACCESS_KEY_ID"], "caller": caller}
"""
WAITING = """
import os, pathlib, time

def handle(event, context):
    pathlib.Path(event, "begun").touch()
    while not pathlib.Path(event, "go-on").exists():
        time.sleep(0.01)
    return os.environ["VERSION"]
"""
PRINTING = "def handle(event, context):\n    for line in range(event):\n        print('line', line)\n"


def together(account: LocalAccount, wait: Path) -> list[dict[str, str]]:
    """What two invocations of the function `signing` answer that wait for each other."""

    def invoke(name: str) -> dict[str, str]:
        event = {"wait": str(wait), "name": name}
        answer = account.client("lambda").invoke(FunctionName="signing", Payload=json.dumps(event).encode())
        found: dict[str, str] = json.loads(answer["Payload"].read())
        return found

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(invoke, ["first", "second"]))


def test_two_workers_of_one_function_sign_with_keys_of_their_own(account: LocalAccount, tmp_path: Path) -> None:
    account.function("signing", SIGNING)
    told = together(account, tmp_path)
    assert told[0]["key"] != told[1]["key"]
    assert {one["caller"] for one in told} == {f"arn:aws:sts::{ACCOUNT}:assumed-role/signing-runs/signing"}


def test_a_log_that_comes_slowly_is_told_whole_and_with_its_own_invocation() -> None:
    lines: queue.Queue[str] = queue.Queue()

    def log_slowly() -> None:
        for line in ("first", "second", END, "of the next invocation"):
            time.sleep(0.1)
            lines.put(line)

    reader = threading.Thread(target=log_slowly)
    worker = SimpleNamespace(_stderr_thread=reader, _stderr_queue=lines)
    reader.start()
    assert workers.whole_log(worker) == "first\nsecond"
    reader.join()
    assert workers.whole_log(worker) == "of the next invocation"


@shows("core.lambda_runtime.Worker._stderr_thread")
def test_a_function_that_ends_its_process_is_answered_at_once(account: LocalAccount) -> None:
    account.function("leaves", "import os\ndef handle(event, context):\n    os._exit(3)")
    begun = time.monotonic()
    answer = account.client("lambda").invoke(FunctionName="leaves", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert time.monotonic() - begun < workers.LOG_SECONDS / 2


@shows("core.lambda_runtime.Worker")
def test_of_several_idle_workers_of_a_function_one_stays(own_account: LocalAccount, tmp_path: Path) -> None:
    own_account.function("signing", SIGNING)
    together(own_account, tmp_path)
    assert len(own_account.workers()) == 2
    until(lambda: len(own_account.workers()) == 1)


@shows("core.lambda_runtime.Worker._lock")
def test_a_worker_that_takes_an_invocation_is_not_ended() -> None:
    killed: list[Any] = []
    pool, lock = workers.Workers(killed.extend), threading.Lock()
    idle = SimpleNamespace(config={}, in_use=False, last_used=0.0, _lock=lock)
    pool.add(idle)
    with lock:
        pool.reap(time.time())
    assert killed == []
    pool.reap(time.time())
    assert killed == [idle]


@shows("core.lambda_runtime.Worker._drain_stderr_bounded", "core.lambda_runtime.Worker._stderr_queue")
def test_the_mark_after_a_log_is_in_no_log(account: LocalAccount) -> None:
    name = "marked-log"
    account.function(name, PRINTING)
    for count in (0, 3, 0, 2):
        account.client("lambda").invoke(FunctionName=name, Payload=str(count).encode())
    found = account.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="")["events"]
    told = [one["message"].strip() for one in found]
    assert [line for line in told if line.startswith("line ")] == ["line 0", "line 1", "line 2", "line 0", "line 1"]
    assert not any(END in one["message"] for one in found)


@shows("core.lambda_runtime.kill_workers")
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
