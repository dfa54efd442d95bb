"""What a function is called, where each cloud enters it, and what its archive needs beside its code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from keystead.model.clouds import Cloud

HANDLE = "handle"
"""What every entry module calls its entry point."""

_MAIN = '''"""Entry point of the function: functions-framework looks for it at the archive's root."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the framework puts the archive behind what else is installed

from {module} import {handle}

__all__ = ["{handle}"]
'''


class Entry(Protocol):
    """Where one cloud enters a function."""

    @property
    def module(self) -> str:
        """Full name of the module with the entry point."""

    @property
    def handler(self) -> str:
        """What the cloud is told to call."""

    def files(self, sources: Path) -> Mapping[str, bytes]:
        """Return what the cloud wants at the archive's root, by name."""


@dataclass(frozen=True)
class LambdaEntry:
    """A function on AWS Lambda, which imports any module of the archive and installs nothing."""

    module: str

    @property
    def handler(self) -> str:
        """Module and entry point."""
        return f"{self.module}.{HANDLE}"

    def files(self, sources: Path) -> Mapping[str, bytes]:  # noqa: ARG002  # the protocol's signature
        """Nothing."""
        return {}


@dataclass(frozen=True)
class HttpEntry:
    """A function on Cloud Run, built by functions-framework out of `main.py` and the packages it is to install."""

    module: str
    requirements: str
    """Path of the pinned packages, from the folder of the sources."""

    @property
    def handler(self) -> str:
        """The entry point in `main.py`."""
        return HANDLE

    def files(self, sources: Path) -> Mapping[str, bytes]:
        """The entry point and the packages."""
        return {
            "main.py": _MAIN.format(module=self.module, handle=HANDLE).encode("ascii"),
            "requirements.txt": (sources / self.requirements).read_bytes(),
        }


@dataclass(frozen=True)
class Function:
    """A function that runs in a cloud."""

    name: str
    """Name of the function, as its archives are called."""
    entries: Mapping[Cloud, Entry]
    """Where each cloud enters it."""
