"""Runs one Pulumi program in this process, as the official `pulumi-language-python-exec` does.

Started by the language host with the engine's address; reads the engine's RunRequest (8 bytes of length, then the
message) from standard input, so that configuration never shows in arguments. Standard input stays open as long as the
host lives.
"""

import asyncio
import gc
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2

REPORTED = 32


def read_request() -> Any:
    """The run to do; afterwards the end of standard input ends this process."""

    def read(count: int) -> bytes:
        # Unbuffered: a buffer's lock would be held by the waiting thread when the interpreter ends.
        parts = b""
        while len(parts) < count and (part := os.read(sys.stdin.fileno(), count - len(parts))):
            parts += part
        return parts

    request = language_pb2.RunRequest.FromString(read(int.from_bytes(read(8), "big")))

    def follow_host() -> None:
        read(1)
        os._exit(REPORTED)

    threading.Thread(target=follow_host, daemon=True).start()
    return request


def prepare(request: Any, engine: str) -> None:
    """Connect the SDK to the engine."""
    configure(
        Settings(
            monitor=request.monitor_address,
            engine=engine,
            project=request.project,
            root_directory=request.info.root_directory,
            stack=request.stack,
            parallel=request.parallel,
            dry_run=request.dryRun,
            organization=request.organization or "organization",
        )
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))
    # The SDK sends some thousand debug messages, one call to the engine each, which shows them with `--debug` alone.
    pulumi.log.debug = lambda *_, **__: None
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # failed tasks are reported by the SDK, once


def own_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the program's first line on."""
    machinery = (
        __file__,
        "<frozen runpy>",
        f"{Path(pulumi.__file__).parent}{os.sep}",
        f"{Path(asyncio.__file__).parent}{os.sep}",
    )
    start = trace
    while start is not None and start.tb_frame.f_code.co_filename.startswith(machinery):
        start = start.tb_next
    return start or trace


def run(program: str) -> None:
    """Run the program and wait for its resources; leave no task behind."""

    async def body() -> None:
        runpy.run_path(program, run_name="__main__")

    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=64))
    try:
        loop.run_until_complete(run_in_stack(body))
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        with suppress(Exception):
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.close()


def main() -> int:
    """Exit code: 0, or 32 when the error has been reported to the engine."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the engine's way to end its plugins; no traceback for it
    gc.disable()  # the program ends within seconds; looking for cycles takes a tenth of them
    request = read_request()
    sys.path.pop(0)  # this file's own directory is no part of the program
    prepare(request, sys.argv[1])
    entry = Path(request.info.program_directory or request.pwd, request.info.entry_point or request.program)
    sys.argv = [str(entry), *request.args]
    try:
        run(str(entry))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except grpc.RpcError as error:
        # An unavailable monitor is one that the engine has already shut down, after it told why.
        if error.code() != grpc.StatusCode.UNAVAILABLE:
            pulumi.log.error(f"the engine refused a call: {error.details()}")
    except Exception as error:  # noqa: BLE001 - whatever the program raises is the program's to tell
        told = "".join(traceback.format_exception(type(error), error, own_frames(error.__traceback__)))
        pulumi.log.error(f"Program failed with an unhandled exception:\n{told}")
    else:
        return 0
    return REPORTED


if __name__ == "__main__":
    sys.exit(main())
