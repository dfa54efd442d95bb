import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from keystead_sandbox.common.lifetime import alive
from keystead_sandbox.host.place import PACKAGE
from tests.local_aws.conftest import LocalAccount, start
from tests.local_process import ends_with_its_owner, refused_words, until

pytestmark = pytest.mark.cloud

SLEEPER = """
import os, time
def handle(event, context):
    open(os.path.join(os.environ["TMPDIR"], f"slept-{event.get('seconds', 0)}"), "w").close()
    time.sleep(event.get("seconds", 0))
"""


def warm(account: LocalAccount) -> list[int]:
    account.function("sleeper", SLEEPER)
    account.client("lambda").invoke(FunctionName="sleeper", Payload=b"{}")
    workers = account.workers()
    assert workers
    return workers


def test_a_terminated_account_leaves_no_worker_and_no_code_behind(own_account: LocalAccount) -> None:
    workers = warm(own_account)
    own_account.process.terminate()
    assert own_account.process.wait(timeout=5) == 0
    until(lambda: not any(alive(worker) for worker in workers))
    assert not list(own_account.directory.glob("ministack*"))


def test_workers_of_a_killed_account_end_even_in_the_middle_of_a_call(own_account: LocalAccount) -> None:
    workers = warm(own_account)
    own_account.client("lambda").invoke(FunctionName="sleeper", InvocationType="Event", Payload=b'{"seconds": 60}')
    until(lambda: list(own_account.directory.glob("ministack-lambda-*/slept-60")))
    own_account.process.send_signal(signal.SIGKILL)
    own_account.process.wait(timeout=5)
    until(lambda: not any(alive(worker) for worker in workers))


def test_an_account_ends_with_its_owner(tmp_path: Path) -> None:
    assert ends_with_its_owner(start, tmp_path)


def test_a_dead_process_that_nobody_collected_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    until(lambda: not alive(process.pid))
    process.wait()
    assert alive(os.getpid())


def test_a_taken_port_is_one_clear_line(own_account: LocalAccount) -> None:
    port = own_account.plain.rpartition(":")[2]
    own = [
        "--account",
        "222222222222",
        "--region",
        "us-east-1",
        "--callers",
        str(PACKAGE / "host/callers.yaml"),
        "--port",
        port,
    ]
    expected = f"port {port} on 127.0.0.1 cannot be used: Address already in use; choose another one"
    assert refused_words("keystead_sandbox.local_aws", own_account.directory, *own) == expected
