"""Finds the Pulumi engine: on PATH, in the cache, by download, or built from source."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from keystead_sandbox.engine import build as engine_build
from keystead_sandbox.engine.build import Progress

VERSION = "3.259.0"
"""The version of the Python SDK this project pins, and the oldest engine it is tested with."""
HOST = "pulumi-language-python"
WRAPPER = "# keystead sandbox"
"""How the sandbox's own `pulumi` is told from a real one on PATH."""
PROBE_SECONDS = 8
DOWNLOAD_SECONDS = 300

REACHABLE = "import urllib.request; urllib.request.urlopen('https://get.pulumi.com/install.sh', timeout=5)"
INSTALL = """
import sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
"""


def find(progress: Progress) -> Path:
    """Return a `pulumi` of at least VERSION, building it when there is no other way."""
    for candidate in _on_path():
        found = _version(candidate)
        if found is not None and _usable(found):
            return candidate
        progress(f"{candidate} is pulumi {found or 'of an unknown version'}, not {VERSION} or newer: not used")
    built = cache() / "pulumi"
    downloaded = cache() / "download" / "bin" / "pulumi"
    for candidate in (downloaded, built):
        if candidate.exists():
            return candidate
    if _download(cache(), progress):
        return downloaded
    engine_build.build(built, VERSION, progress)
    return built


def cache() -> Path:
    """One directory per version and set of pinned modules, shared by all checkouts."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pins = hashlib.sha256((engine_build.MODULE / "go.sum").read_bytes()).hexdigest()
    return root / "keystead" / "engine" / f"{VERSION}-{pins[:8]}"


def host_beside(engine: Path) -> bool:
    """Whether the engine came with its own Python language host, beside it or on PATH."""
    return (engine.resolve().parent / HOST).exists() or any(
        (Path(entry) / HOST).exists() and not _is_wrapper(Path(entry) / HOST) for entry in _path()
    )


def _path() -> list[str]:
    return [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]


def _on_path() -> Iterator[Path]:
    for entry in dict.fromkeys(_path()):
        found = shutil.which("pulumi", path=entry)
        if found and not _is_wrapper(Path(found)):
            yield Path(found)


def _is_wrapper(file: Path) -> bool:
    with file.open("rb") as opened:
        return WRAPPER.encode() in opened.read(200)


def _version(engine: Path) -> str | None:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            told = subprocess.run(
                [engine, "version"], env=environment, capture_output=True, text=True, timeout=30, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
    return told.stdout.strip().removeprefix("v")


def _usable(version: str) -> bool:
    """As the SDK's PulumiCommand judges: the same major version and at least the SDK's own."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    numbers = tuple(int(part) for part in found.groups()) if found else (0, 0, 0)
    wanted = tuple(int(part) for part in VERSION.split("."))
    return numbers[0] == wanted[0] and numbers >= wanted


def _download(directory: Path, progress: Progress) -> bool:
    """Let the SDK install its engine; False, soon, where that is not possible."""
    progress(f"looking for a download of the Pulumi engine {VERSION}")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".download-") as scratch:
        # The installer writes to HOME; the user's own is none of its business.
        environment = {**os.environ, "HOME": scratch, "PULUMI_HOME": scratch}
        root = Path(scratch, "root")
        attempts = [
            ([sys.executable, "-c", REACHABLE], PROBE_SECONDS),
            ([sys.executable, "-c", INSTALL, str(root), VERSION], DOWNLOAD_SECONDS),
        ]
        for command, seconds in attempts:
            try:
                subprocess.run(command, env=environment, capture_output=True, timeout=seconds, check=True)
            except subprocess.SubprocessError:
                progress("no download from here: building it instead")
                return False
        root.rename(directory / "download")
    return True


if __name__ == "__main__":
    print(find(lambda line: print(line, file=sys.stderr, flush=True)))
