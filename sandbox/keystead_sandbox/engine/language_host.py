"""Runs Python programs for a Pulumi engine that came without its language host.

The official command line bundles `pulumi-language-python`; one built from its Go module does not. This speaks the same
gRPC service (LanguageRuntime of pulumi/language.proto): started as `pulumi-language-python ENGINE`, it prints its port
and ends when the engine closes its standard input.
"""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import grpc

from keystead_sandbox.engine.program_server import PROGRAM, Start, connect, exit_code
from keystead_sandbox.engine.protocol import language_pb2, language_pb2_grpc, plugin_pb2

REPORTED = 32
"""Exit code of a program that has already told its error; the engine then adds nothing."""


def own_interpreter(info: language_pb2.ProgramInfo) -> Path | None:
    """The interpreter of the virtual environment that a project or a policy pack names, there or not."""
    named = dict(info.options.items()).get("virtualenv")
    return Path(info.root_directory, str(named), "bin", "python") if named else None


def interpreter(info: language_pb2.ProgramInfo) -> str:
    """The interpreter of the project's own virtual environment, else the one that runs this host."""
    own = own_interpreter(info)
    return str(own) if own and own.exists() else sys.executable


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs each program in a process of its own, which never outlives this one."""

    def __init__(self, engine: str) -> None:
        self.engine = engine

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002 - gRPC's signature
        """Take the engine's address from the engine itself."""
        self.engine = request.engine_address or self.engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002 - gRPC's signature
        """No version: the host is part of the checkout."""
        return plugin_pb2.PluginInfo()

    def GetRequiredPlugins(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002 - gRPC's signature
        """Require nothing; the engine learns plugins from the resources."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002 - gRPC's signature
        """Require nothing: the sandbox attaches running providers, so nothing may be downloaded."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002 - gRPC's signature
        """Tell which interpreter runs programs."""
        version = ".".join(str(part) for part in sys.version_info[:3])
        return language_pb2.AboutResponse(executable=interpreter(request.info), version=version)

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002 - gRPC's signature
        """List every installed distribution."""
        from importlib.metadata import distributions  # noqa: PLC0415 - a fifth of the start, which each command waits for

        found = {found.name: found.version for found in distributions()}
        listed = [language_pb2.DependencyInfo(name=name, version=version) for name, version in sorted(found.items())]
        return language_pb2.GetProgramDependenciesResponse(dependencies=listed)

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Run a program to its end; its output goes to the engine as this process's own."""
        python, message = interpreter(request.info), request.SerializeToString()
        told = len(message).to_bytes(8, "big") + message
        start = Start(python, self.engine, request.pwd or str(Path.cwd()), dict(os.environ))
        copy = connect(os.environ.get("KEYSTEAD_SANDBOX", ""), start)
        code = _started(start, told, context) if copy is None else _copied(copy, told, context)
        if code == REPORTED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}" if code else "")

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: ARG002 - as above
        """Install nothing: programs and plugins run with what is installed."""
        return iter(())

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Run a policy pack or a component package; the last message is its exit code."""
        directory = request.info.program_directory
        own = own_interpreter(request.info)
        if request.kind == "analyzer" and own and not own.exists():
            told = f"the policy pack cannot start: there is no {own}; run `make install`\n"
            yield language_pb2.RunPluginResponse(stderr=told.encode())
            yield language_pb2.RunPluginResponse(exitcode=1)
            return
        policy = ["-m", "pulumi.policy", *request.args, directory]
        arguments = policy if request.kind == "analyzer" else [directory, *request.args]
        process = subprocess.Popen(
            [interpreter(request.info), "-u", *arguments],
            cwd=request.pwd or None,
            env=dict(entry.split("=", 1) for entry in request.env) or None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(process.terminate)
        yield from _output(process)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _started(start: Start, told: bytes, context: grpc.ServicerContext) -> int:
    """Run a program in a new process; return its exit code."""
    command = [start.interpreter, "-u", str(PROGRAM), start.engine]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=start.directory) as process:
        assert process.stdin is not None  # noqa: S101 - PIPE was asked for; this tells the type checker
        context.add_callback(process.terminate)
        process.stdin.write(told)
        process.stdin.flush()  # left open: its end tells the program that this host is gone
        return process.wait()


def _copied(copy: socket.socket, told: bytes, context: grpc.ServicerContext) -> int:
    """Run a program in a copy of the process that has the SDKs imported; return its exit code."""

    def end() -> None:
        with suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)  # the end of its standard input ends it

    context.add_callback(end)
    copy.sendall(told)
    return exit_code(copy)


def _output(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    """Both streams of a process as they come, until both have ended."""
    pieces: queue.Queue[Any] = queue.Queue()

    def forward(stream: IO[bytes], wrap: Callable[[bytes], Any]) -> None:
        for line in stream:
            pieces.put(wrap(line))
        pieces.put(None)

    assert process.stdout is not None  # noqa: S101 - PIPE was asked for; this tells the type checker
    assert process.stderr is not None  # noqa: S101 - as above
    wraps = {
        process.stdout: lambda line: language_pb2.RunPluginResponse(stdout=line),
        process.stderr: lambda line: language_pb2.RunPluginResponse(stderr=line),
    }
    for stream, wrap in wraps.items():
        threading.Thread(target=forward, args=(stream, wrap), daemon=True).start()
    for _ in wraps:
        yield from iter(pieces.get, None)


def main() -> None:
    """Serve until the engine closes standard input, which it also does by dying."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the engine's way to end its plugins; no traceback for it
    positional = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    host = LanguageHost(positional[0] if positional else "")
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while sys.stdin.buffer.read(1):
        pass
    server.stop(grace=None)
    os._exit(0)  # threads that still wait for a program must not keep the host alive


if __name__ == "__main__":
    main()
