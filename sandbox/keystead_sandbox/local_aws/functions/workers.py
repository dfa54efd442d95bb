"""The processes that run Lambda functions: a clean environment, and never one left behind."""

import os
import queue
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
from keystead_sandbox.local_aws.identity.roles import register_session
from keystead_sandbox.local_aws.patches import ministack

RUNTIME = "core.lambda_runtime"
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

_started: list[tuple[subprocess.Popen[str], str]] = []
"""Every process with the folder of its code."""


class Workers:
    """The workers of ministack that have run something, and which of them belong to a function that has changed."""

    def __init__(self, kill: Any) -> None:
        self._kill = kill
        self._known: list[Any] = []
        self._leaving: list[Any] = []

    def add(self, worker: Any) -> None:
        """Watch over a new worker."""
        self._known.append(worker)

    def kill(self, doomed: Any) -> None:
        """End workers; one with an invocation under way when its invocation has ended, as on AWS."""
        doomed = [worker for worker in doomed if worker is not None]
        busy = [worker for worker in doomed if worker.in_use]
        self._leaving.extend(busy)
        self._known = [worker for worker in self._known if worker not in doomed or worker in busy]
        self._kill([worker for worker in doomed if not worker.in_use])

    def reap_forever(self) -> None:
        """End processes that had nothing to do: AWS keeps them warm for minutes, here they cost some 50 MB each."""
        while True:
            time.sleep(REAP_EVERY_SECONDS)
            self.reap(time.time())

    def reap(self, now: float) -> None:
        """End the processes of idle workers; the one of a function that was used last stays longest."""
        seen: set[str] = set()
        for worker in sorted(self._known, key=lambda one: -float(one.last_used)):
            function = str(worker.config.get("FunctionArn"))
            limit = SPARE_IDLE_SECONDS if function in seen else LAST_IDLE_SECONDS
            seen.add(function)
            leaves = worker in self._leaving
            if worker.in_use or (now - worker.last_used <= limit and not leaves):
                continue
            if not ministack.attribute(worker, "_lock").acquire(blocking=False):
                continue
            try:
                self._kill([worker])
            finally:
                ministack.attribute(worker, "_lock").release()
            if leaves:
                self._leaving.remove(worker)
                self._known.remove(worker)


def install(account: Account, clock: Clock) -> None:
    """Start Python functions through `worker.py`, isolated from the machine's Python settings."""
    workers = Workers(ministack.get(RUNTIME, "kill_workers"))
    ministack.replace(RUNTIME, "kill_workers", workers.kill)
    ministack.replace(RUNTIME, "execution_credentials", credentials)
    known = ministack.get(RUNTIME, "Worker")

    class Worker(known):  # type: ignore[misc, valid-type]  # a class of ministack, which has no types
        """A worker that is watched over and tells its log to the end."""

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            workers.add(self)

    def drain(worker: Any, **options: Any) -> str:
        python = str(worker.config.get("Runtime")).startswith("python")
        return whole_log(worker) if python else str(bounded(worker, **options))

    bounded = ministack.replace(RUNTIME, "_drain_stderr_bounded", drain, of="Worker")
    ministack.replace(RUNTIME, "Worker", Worker)
    real = ministack.get(RUNTIME, "subprocess")

    def start(command: list[str], *, env: dict[str, str], **options: Any) -> subprocess.Popen[str]:
        home = str(Path(command[1]).parent)
        if command[0] == sys.executable:
            command = [sys.executable, "-I", "-B", str(BOOTSTRAP), *command[1:]]
        clean = _environment(env, account, clock, home)
        process: subprocess.Popen[str] = real.Popen(command, env=clean, start_new_session=True, **options)
        _started[:] = [one for one in _started if one[0].returncode is None]
        _started.append((process, home))
        return process

    ministack.replace(RUNTIME, "subprocess", SimpleNamespace(**{**vars(real), "Popen": start}))
    threading.Thread(target=workers.reap_forever, name="reaper", daemon=True).start()


def whole_log(worker: Any) -> str:
    """An invocation's log to its end; ministack's ends where no line comes for 5 ms, as on a busy machine."""
    reader, log = (ministack.attribute(worker, name) for name in ("_stderr_thread", "_stderr_queue"))
    lines: list[str] = []
    deadline = time.monotonic() + LOG_SECONDS
    while time.monotonic() < deadline:
        died = not reader.is_alive()
        try:
            line = log.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            if died:
                break
            continue
        if line == END:
            break
        lines.append(line)
    return "\n".join(lines)


def credentials(configuration: dict[str, Any]) -> dict[str, str]:
    """What a function signs with; ministack derives the keys from its name, so that anybody could."""
    return register_session(configuration["Role"], configuration["FunctionName"][:64])


def kill_all() -> None:
    """Kill every worker and whatever it started, and remove its code."""
    for process, home in _started:
        lifetime.kill_group(process.pid)
        shutil.rmtree(home, ignore_errors=True)


def _environment(given: dict[str, str], account: Account, clock: Clock, home: str) -> dict[str, str]:
    machine = set(os.environ)
    function = {name: value for name, value in given.items() if name in RUNTIME_VARIABLES or name not in machine}
    name = given["AWS_LAMBDA_FUNCTION_NAME"]
    return {
        **function,
        **sibling.environment(account.registry, account.account, name, account.ca),
        "AWS_CA_BUNDLE": str(account.ca),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "HOME": home,
        "KEYSTEAD_CLOCK": str(clock.file),
        "LAMBDA_TASK_ROOT": given.get("LAMBDA_TASK_ROOT", home),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": home,
        "TZ": ":UTC",
    }
