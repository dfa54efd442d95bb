"""What a function is called, which module each cloud enters it by, and what its archive needs beside its code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keystead.model.clouds import Cloud

HANDLE = "handle"
"""What every entry module calls its entry point."""

HANDLERS: Mapping[Cloud, str] = {"aws": f"main.{HANDLE}", "gcp": HANDLE}
"""What each cloud is told to call, in `main.py`. It never changes, wherever the modules are: an update gives Lambda its
code and its handler in two calls, between which the code would lack a handler of another name."""

_MAIN = '''"""Entry point of the function, at the root of its archive, where functions-framework looks for it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the framework puts the archive behind what else is installed

from {module} import {handle}

__all__ = ["{handle}"]
'''


@dataclass(frozen=True)
class Entry:
    """Where one cloud enters a function."""

    module: str
    """Full name of the module with the entry point."""
    requirements: str | None = None
    """Path of the pinned packages the cloud installs, from the folder of the sources; None where it installs none."""

    def files(self, sources: Path) -> Mapping[str, bytes]:
        """Return what the cloud wants at the archive's root, by name."""
        main = {"main.py": _MAIN.format(module=self.module, handle=HANDLE).encode("ascii")}
        if self.requirements is None:
            return main
        return {**main, "requirements.txt": (sources / self.requirements).read_bytes()}


@dataclass(frozen=True)
class Function:
    """A function that runs in a cloud."""

    name: str
    """Name of the function, as its archives are called."""
    entries: Mapping[Cloud, Entry]
    """Where each cloud enters it."""
