"""The project's wheels, built without a network and installed into an empty environment with what they declare."""

import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
OWN = {"keystead", "keystead-sandbox"}
UV = Path(sys.executable).with_name("uv")


def uv(*arguments: str) -> None:
    command = [str(UV), *arguments, "--offline", "--no-config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def build(directory: Path) -> list[Path]:
    """The wheels of the product and of the sandbox."""
    for source in (ROOT, ROOT / "sandbox"):
        uv("build", "--wheel", "--no-build-isolation", str(source), "--out-dir", str(directory))
    return sorted(directory.glob("*.whl"))


def required(wheel: Path, *extras: str) -> Iterator[Requirement]:
    """What a wheel declares to need here."""
    with ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        told = Parser().parsestr(archive.read(name).decode()).get_all("Requires-Dist") or []
    yield from _asked(told, extras)


def pinned(requirements: Iterable[Requirement]) -> list[str]:
    """The declared packages and all they need, each at the version that this checkout is locked to."""
    found: dict[str, str] = {}
    waiting = list(requirements)
    while waiting:
        one = waiting.pop()
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        if name in OWN:
            continue
        known = distribution(name)
        waiting += [inner for inner in _asked(known.requires or [], one.extras) if name not in found or one.extras]
        found[name] = known.version
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _asked(lines: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    for one in map(Requirement, lines):
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield one


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheels and what they declare, and nothing of the checkout."""

    directory: Path

    @classmethod
    def of(cls, directory: Path, wheels: list[Path]) -> "Installed":
        venv.create(directory, with_pip=False)
        packages = pinned(one for wheel in wheels for one in required(wheel))
        installing = ["pip", "install", "--no-deps", "--python", str(directory / "bin" / "python")]
        uv(*installing, *packages, *map(str, wheels))
        uv("pip", "check", "--python", str(directory / "bin" / "python"))
        return cls(directory)

    def run(self, command: str, *arguments: str, project: Path) -> subprocess.CompletedProcess[str]:
        """Run one of its commands in a project of the user's."""
        kept = ("HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        return subprocess.run(
            [str(self.directory / "bin" / command), *arguments],
            cwd=project,
            env=environment | {"PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
