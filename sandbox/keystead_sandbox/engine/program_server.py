"""Runs Pulumi programs as copies of one process that has the SDKs imported: that import is half of a program's time.

`python -m keystead_sandbox.engine.program_server --code CODE --socket PATH MODULE...` prints CODE, imports the modules
and takes programs. The language host asks it for a copy, sends the run and is told the exit code;
where it does not answer, or would run the program otherwise than a new process does, the host starts a process.
"""

import argparse
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
import sysconfig
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Self

from keystead_sandbox.common import lifetime

SOCKET = "programs"
"""Name of the socket, in the sandbox's directory."""
PROGRAM = Path(__file__).with_name("language_program.py")
INSTALLED = Path(sysconfig.get_path("purelib"))
AT_START = ("LANG", "LC_", "PYTHON")
"""Beginnings of the variables that an interpreter reads when it starts: a copy cannot follow other ones."""
FOLLOWED = {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONUNBUFFERED"}
"""Those of them that a copy can follow, and the one that holds for every program."""
OUTPUTS = 2
REQUEST_SECONDS = 10
EXIT_CODE = struct.Struct("!i")


@dataclass(frozen=True, slots=True)
class Start:
    """How a program is to be started."""

    interpreter: str
    engine: str
    directory: str
    environment: dict[str, str]

    def differs(self, stamp: int) -> bool:
        """Whether a new process would be another one than a copy of this; `stamp` is when packages were installed."""
        here, there = (
            {name: value for name, value in variables.items() if name.startswith(AT_START) and name not in FOLLOWED}
            for variables in (os.environ, self.environment)
        )
        return (
            here != there
            or Path(self.interpreter).parent != Path(sys.executable).parent
            or "TRACEPARENT" in self.environment  # read by the SDK when it is imported
            or INSTALLED.stat().st_mtime_ns != stamp
        )

    @classmethod
    def received(cls, connection: socket.socket) -> tuple[Self, list[int]]:
        """Take a start and the descriptors of the program's two outputs from the language host."""
        data, descriptors, _, _ = socket.recv_fds(connection, 8, OUTPUTS)
        length = int.from_bytes(data, "big")
        text = b""
        while len(text) < length and (piece := connection.recv(length - len(text))):
            text += piece
        return cls(**json.loads(text)), descriptors

    def send(self, connection: socket.socket) -> bool:
        """Ask for a copy whose outputs are this process's own; return whether there is one."""
        text = json.dumps(asdict(self)).encode()
        socket.send_fds(connection, [len(text).to_bytes(8, "big")], [1, 2])
        connection.sendall(text)
        return connection.recv(1) == b"y"


def connect(directory: str, start: Start) -> socket.socket | None:
    """Return the connection to a copy that waits for its run, None where a process has to be started."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        folder = os.open(directory, os.O_RDONLY)  # by its number, since a whole path may be too long
        try:
            connection.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)
        if start.send(connection):
            return connection
    except OSError:
        pass
    connection.close()
    return None


def exit_code(connection: socket.socket) -> int:
    """Wait for the end of a program; where the server ended before it, it counts as killed."""
    with connection:
        told = connection.recv(EXIT_CODE.size, socket.MSG_WAITALL)
    return int(EXIT_CODE.unpack(told)[0]) if len(told) == EXIT_CODE.size else -signal.SIGKILL


class Server:
    """Makes a copy of this process for each program and tells the host how it ended."""

    def __init__(self, listener: socket.socket, stamp: int, owner: int | None) -> None:
        self._listener, self._stamp, self._owner = listener, stamp, owner
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._last = time.monotonic()

    def serve(self) -> Start | None:
        """Return a start in each copy, and None in this process once nobody needs it any more."""
        while lifetime.wanted(self._owner, self._last):
            for key, _ in self._selector.select(timeout=0.5):
                if key.fileobj is not self._listener:
                    self._end(key)
                elif (start := self._accept()) is not None:
                    return start
        return None

    def _accept(self) -> Start | None:
        connection, _ = self._listener.accept()
        connection.settimeout(REQUEST_SECONDS)
        descriptors: list[int] = []
        try:
            start, descriptors = Start.received(connection)
            if start.differs(self._stamp):
                connection.close()
                return None
            connection.settimeout(None)
            process = os.fork()
            if process == 0:
                self._become(start, connection, descriptors)
                return start
            self._selector.register(os.pidfd_open(process), selectors.EVENT_READ, (process, connection))
            self._last = time.monotonic()
        except (OSError, ValueError, TypeError):
            connection.close()
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return None

    def _become(self, start: Start, connection: socket.socket, outputs: Sequence[int]) -> None:
        """Turn this copy into what a new process would be; its standard input is the host's connection."""
        for key in self._selector.get_map().values():
            os.close(key.fd)
            if key.data:
                key.data[1].close()
        self._listener.detach()
        self._selector.close()
        for target, descriptor in enumerate((connection.fileno(), *outputs)):
            os.dup2(descriptor, target)
        os.environ.clear()
        os.environ.update(start.environment)
        os.chdir(start.directory)
        sys.dont_write_bytecode = bool(start.environment.get("PYTHONDONTWRITEBYTECODE"))
        sys.pycache_prefix = start.environment.get("PYTHONPYCACHEPREFIX")
        connection.sendall(b"y")
        connection.close()

    def _end(self, key: selectors.SelectorKey) -> None:
        process, connection = key.data
        _, status = os.waitpid(process, 0)
        self._selector.unregister(key.fileobj)
        os.close(key.fd)
        with suppress(OSError), connection:
            connection.sendall(EXIT_CODE.pack(os.waitstatus_to_exitcode(status)))


def main() -> None:
    """Serve until the owner or the sandbox is gone, or after 12 hours without a program."""
    parser = argparse.ArgumentParser(prog="python -m keystead_sandbox.engine.program_server", description=__doc__)
    parser.add_argument("--owner", type=int, help="end when this process ends")
    parser.add_argument("--code", required=True, help="what to print once programs are taken")
    parser.add_argument("--socket", type=Path, required=True, help="where it listens")
    parser.add_argument("modules", nargs="*", help="what to import for them")
    arguments = parser.parse_args()
    stamp = INSTALLED.stat().st_mtime_ns
    arguments.socket.unlink(missing_ok=True)
    os.chdir(arguments.socket.parent)  # a socket's whole path may have 107 bytes only
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(arguments.socket.name)
        listener.listen(16)
        print(arguments.code, flush=True)
        gc.disable()
        for name in arguments.modules:
            with suppress(ImportError):
                getattr(import_module(name), "__all__", ())  # the SDKs import a module once something of it is read
        gc.freeze()
        start = Server(listener, stamp, arguments.owner).serve()
    if start is not None:
        sys.argv = [str(PROGRAM), start.engine]
        runpy.run_path(str(PROGRAM), run_name="__main__")


if __name__ == "__main__":
    main()
