"""Builds the Pulumi command line from its Go module, where its releases cannot be downloaded."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.common.interruption import interrupted

MODULE = Path(__file__).parent / "module"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
PACKAGES = 1690
"""How many packages `go list -deps` names for 3.259.0 with Go 1.26; only progress depends on it."""
SPACE = 3 * 1024**3
"""Bytes of module cache, build cache and result, seen on 2026-11-22 for a first build."""

Progress = Callable[[str], None]

FAILURES = (
    (r"no space left on device", "the disk is full", "free 3 GB and run it again"),
    (r"requires go >= (\S+)", "Go is too old", "install Go 1.25.11 or newer, or put pulumi on PATH"),
    (r"module lookup disabled by GOPROXY", "Go may not download modules", "unset GOPROXY, or put pulumi on PATH"),
    (
        r"dial tcp|no such host|i/o timeout|connection refused|TLS handshake|proxyconnect|network is unreachable",
        "the Go module proxy cannot be reached",
        "connect to the network or set GOPROXY, or put pulumi on PATH",
    ),
    (r"checksum mismatch|SECURITY ERROR", "a Go module is not the one that was pinned", "check what GOPROXY serves"),
    (r"signal: killed|cannot allocate memory", "the build ran out of memory", "free 2 GB of memory and run it again"),
)


def build(target: Path, version: str, progress: Progress) -> None:
    """Build into `target`, once even when several checkouts ask for it at the same time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target, progress):
        if target.exists():
            return
        go = shutil.which("go")
        if go is None:
            raise SandboxError(
                f"neither pulumi {version} nor Go is on PATH, and pulumi cannot be downloaded",
                "install Go 1.25.11 or newer (go.dev/dl), or pulumi (pulumi.com/docs/install)",
            )
        _check_space(target.parent)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as directory:
            made = Path(directory, "pulumi")
            _run(go, made, version, progress)
            made.rename(target)


def _run(go: str, made: Path, version: str, progress: Progress) -> None:
    command = [go, "build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", str(made)]
    command += ["-ldflags", f"-s -w -X {VERSION_VARIABLE}=v{version}", COMMAND]
    configured = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "go", "env")
    environment = {"GOENV": str(configured), **os.environ, "GOWORK": "off", "CGO_ENABLED": "0"}
    environment["XDG_CONFIG_HOME"] = str(made.parent)  # where Go counts its telemetry; HOME is not ours to write to
    log = made.with_name("log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=MODULE, env=environment, stdout=output, stderr=output)
        try:
            code = _follow(process, log, progress)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    told = log.read_text(errors="replace")
    if interrupted(code, told):
        raise KeyboardInterrupt
    if code:
        raise _failure(told)


def _follow(process: subprocess.Popen[bytes], log: Path, progress: Progress) -> int:
    started = time.monotonic()
    while True:
        try:
            return process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            lines = log.read_text(errors="replace").splitlines()
            fetched = sum(line.startswith("go: downloading") for line in lines)
            done = f"{len(lines) - fetched} of about {PACKAGES} packages compiled, {fetched} modules downloaded"
            minutes, seconds = divmod(int(time.monotonic() - started), 60)
            progress(f"building the Pulumi engine (once, about 4 minutes): {minutes}:{seconds:02d}, {done}")


def _failure(output: str) -> SandboxError:
    for pattern, problem, fix in FAILURES:
        if found := re.search(pattern, output):
            line = next(line for line in output.splitlines() if found.group(0) in line)
            return SandboxError(f"the Pulumi engine was not built: {problem} ({line.strip()[:200]})", fix)
    last = output.strip().splitlines()[-1:] or ["go build printed nothing"]
    return SandboxError(
        f"the Pulumi engine was not built: {last[0][:300]}", "put pulumi on PATH, or correct Go's set-up"
    )


def _check_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < SPACE:
        raise SandboxError(
            f"building the Pulumi engine needs 3 GB, {free // 1024**2} MB are free at {directory}", "free some space"
        )


@contextmanager
def _alone(target: Path, progress: Progress) -> Iterator[None]:
    """Hold the build's lock; the kernel releases it when its holder dies."""
    with target.with_name("lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("another checkout is building the Pulumi engine: waiting for it")
                time.sleep(3)
            else:
                break
        yield
