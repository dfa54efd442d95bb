"""The processes that run Lambda functions: a clean environment, and never one left behind."""

import os
import queue
import secrets
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from keystead_sandbox.common import lifetime
from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.functions import sibling
from keystead_sandbox.local_aws.functions.worker import END
from keystead_sandbox.local_aws.patches import ministack

BOOTSTRAP = Path(__file__).with_name("worker.py")

RUNTIME_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "_LAMBDA_FUNCTION_ARN",
    "_LAMBDA_LAYERS_DIRS",
    "_LAMBDA_TIMEOUT",
)
"""What ministack puts into a function's environment and AWS documents (Lambda guide, defined runtime variables)."""

LOG_SECONDS, LOOK_SECONDS = 10, 0.02
"""How long the end of an invocation's log is waited for, and how often it is looked whether the worker has died."""

REAP_EVERY_SECONDS, SPARE_IDLE_SECONDS, LAST_IDLE_SECONDS = 5, 5, 60

LONGEST_SECONDS = 900
"""The longest an invocation may take (Lambda quotas)."""

_leaving: list[Any] = []
"""Workers of functions that have changed meanwhile, each with an invocation to finish."""
_started: list[subprocess.Popen[str]] = []


def _environment(given: dict[str, str], account: Account, clock: Clock, home: str) -> dict[str, str]:
    machine = set(os.environ)
    function = {name: value for name, value in given.items() if name in RUNTIME_VARIABLES or name not in machine}
    handler_root = given.get("LAMBDA_TASK_ROOT", home)
    return {
        **function,
        **sibling.environment(account.registry, account.account, given["AWS_LAMBDA_FUNCTION_NAME"], account.ca),
        "AWS_CA_BUNDLE": str(account.ca),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{given['AWS_LAMBDA_FUNCTION_NAME']}",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "HOME": home,
        "KEYSTEAD_CLOCK": str(clock.file),
        "LAMBDA_TASK_ROOT": handler_root,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": home,
        "TZ": ":UTC",
    }


def install(account: Account, clock: Clock) -> None:
    """Start Python functions through `worker.py`, isolated from the machine's Python settings."""
    runtime = ministack.module("core.lambda_runtime")
    ministack.wrap(runtime, "execution_credentials", random_keys)
    worker = ministack.original(runtime, "Worker")
    ministack.wrap(worker, "_drain_stderr_bounded", whole_log)
    kill = ministack.original(runtime, "kill_workers")
    ministack.replace(runtime, "kill_workers", lambda doomed: kill(_without_busy(doomed)))
    ministack.replace(worker, "kill", lambda timed_out: kill([timed_out]))
    real = ministack.original(runtime, "subprocess")

    def start(command: list[str], *, env: dict[str, str], **options: Any) -> subprocess.Popen[str]:
        home = str(Path(command[1]).parent)
        if command[0] == sys.executable:
            command = [sys.executable, "-I", "-B", str(BOOTSTRAP), *command[1:]]
        clean = _environment(env, account, clock, home)
        process: subprocess.Popen[str] = real.Popen(command, env=clean, start_new_session=True, **options)
        _started[:] = [one for one in _started if one.returncode is None]
        _started.append(process)
        return process

    threading.Thread(target=reap_forever, name="reaper", daemon=True).start()
    ministack.replace(runtime, "subprocess", SimpleNamespace(**{**vars(real), "Popen": start}))


def whole_log(known: Any) -> Any:
    """An invocation's log goes to its end; ministack's ends where no line comes for 5 ms, as on a busy machine."""

    def drain(worker: Any, **options: Any) -> str:
        if not str(worker.config.get("Runtime")).startswith("python"):
            return str(known(worker, **options))
        reader, told = ministack.original(worker, "_stderr_thread"), ministack.original(worker, "_stderr_queue")
        lines: list[str] = []
        deadline = time.monotonic() + LOG_SECONDS
        while time.monotonic() < deadline:
            died = not reader.is_alive()
            try:
                line = told.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if died:
                    break
                continue
            if line == END:
                break
            lines.append(line)
        return "\n".join(lines)

    return drain


def random_keys(known: Any) -> Any:
    """A function signs with random keys; ministack derives them from its name, so that anybody could."""
    sessions = ministack.original(ministack.module("services.sts"), "_sessions")
    one_at_a_time = threading.Lock()  # two workers of one function derive one key

    def credentials(configuration: dict[str, Any]) -> dict[str, str]:
        with one_at_a_time:
            derived = known(configuration)
            session = sessions.pop(derived["AWS_ACCESS_KEY_ID"])
        key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(32)
        sessions[key] = {**session, "SecretAccessKey": secret, "SessionToken": token}
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}

    return credentials


def _without_busy(workers: list[Any]) -> list[Any]:
    """Set those with an invocation under way aside: a change to a function leaves them alone, as on AWS."""
    _leaving.extend(worker for worker in workers if worker.in_use)
    return [worker for worker in workers if not worker.in_use]


def reap_forever() -> None:
    """End workers that had nothing to do: AWS keeps them warm for minutes, here they cost some 50 MB each."""
    runtime = ministack.module("core.lambda_runtime")
    while True:
        time.sleep(REAP_EVERY_SECONDS)
        now = time.time()
        doomed = [one for one in _leaving if not one.in_use or now - one.last_used > LONGEST_SECONDS]
        for worker in doomed:
            _leaving.remove(worker)
        with ministack.original(runtime, "_lock"):
            for pool in ministack.original(runtime, "_workers").values():
                for place, worker in reversed(list(enumerate(pool))):
                    limit = SPARE_IDLE_SECONDS if place else LAST_IDLE_SECONDS
                    if not worker.in_use and now - worker.last_used > limit:
                        doomed.append(pool.pop(place))
        for worker in doomed:
            worker.kill()


def kill_all() -> None:
    """Kill every worker and whatever it started, and remove its code."""
    for process in _started:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    runtime = ministack.module("core.lambda_runtime")
    for pool in [*ministack.original(runtime, "_workers").values(), _leaving]:
        for worker in pool:
            shutil.rmtree(getattr(worker, "_tmpdir", None) or "", ignore_errors=True)
