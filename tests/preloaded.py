"""Runs Python commands as processes of their own that begin with most of their modules imported.

A command of this project spends most of its time importing. A server that has done so forks a process for each command;
its environment, folder, streams and exit code are those of a new interpreter. What a command imports, and how it
starts, is tested by starting it with the interpreter instead.
"""

import atexit
import io
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from select import select
from threading import Lock
from typing import Any

ROOT = Path(__file__).parents[1]
LOADED = [
    "_pytest.config",
    "boto3",
    "botocore.client",
    "botocore.loaders",
    "botocore.retries.standard",
    "google.api_core.exceptions",
    "google.auth.transport.requests",
    "google.cloud.secretmanager",
    "jmespath",
    "keystead.spec.environment",
    "keystead_policies.engine.check",
    "keystead_policies.reports.sarif",
    "requests",
    "rich.console",
    "rich.progress",
    "rich.table",
    "typer",
    "yaml",
]
"""What commands import. Nothing that reads the environment while it is imported."""

_lock = Lock()
_started: "list[subprocess.Popen[str]]" = []


def run(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], given: bytes = b"", timeout: float = 60
) -> subprocess.CompletedProcess[bytes]:
    """Run `python ARGUMENTS`, which begin with `-m MODULE` or `-c CODE`.

    Raises subprocess.TimeoutExpired after `timeout` seconds; the command is ended then.
    """
    with _lock, tempfile.TemporaryDirectory() as place:
        streams = Path(place)
        (streams / "0").write_bytes(given)
        asked = {"arguments": [*arguments], "cwd": str(cwd), "env": {**env}, "streams": place}
        code = _answer(asked, timeout)
        return subprocess.CompletedProcess(
            ["python", *arguments], code, (streams / "1").read_bytes(), (streams / "2").read_bytes()
        )


def _answer(asked: Mapping[str, Any], timeout: float) -> int:
    if not _started:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.preloaded"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "policies")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        _started.append(server)
        atexit.register(_end)
    server = _started[0]
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    if not select([server.stdout], [], [], timeout)[0]:
        _end()
        raise subprocess.TimeoutExpired(asked["arguments"], timeout)
    return int(server.stdout.readline())


def _end() -> None:
    """End the server with what it runs: both are of one session."""
    for server in _started:
        os.killpg(server.pid, 9)
        server.communicate()
    _started.clear()


def _serve() -> None:
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_run(json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(asked: Mapping[str, Any]) -> int:
    """Become the process that was asked for, and return its exit code."""
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    for number, flags in enumerate((os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_TRUNC] * 2)):
        os.dup2(os.open(f"{asked['streams']}/{number}", flags, 0o600), number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "utf-8", "backslashreplace", line_buffering=True
    )
    way, what, *sys.argv[1:] = asked["arguments"]
    sys.path[:0] = ["", *asked["env"].get("PYTHONPATH", "").split(os.pathsep)]
    try:
        if way == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - what `python -c` does
        code = 0
    except SystemExit as ended:
        code = _exit_code(ended.code)
    except BaseException:  # noqa: BLE001 - the interpreter prints any as well
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _exit_code(code: object) -> int:
    """Return the exit code that the interpreter gives for what SystemExit was raised with."""
    if code is None or isinstance(code, int):
        return code or 0
    print(code, file=sys.stderr)
    return 1


if __name__ == "__main__":
    _serve()
