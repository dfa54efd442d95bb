"""What the function on GCP is installed with: functions-framework and all it needs, as the lock pins it."""

import re
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[4]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_BLOCK = re.compile(r"^([a-z0-9-]+)==.*(?:\n    --hash=.*)+", re.MULTILINE)


def names() -> set[str]:
    """Every package that functions-framework needs on Linux, under any Python that functions run on."""
    needed: set[str] = set()
    waiting = ["functions-framework"]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in needed:
            needed.add(name)
            waiting += [one.name for one in map(Requirement, requires(name) or []) if _asked(one)]
    return needed


def _asked(requirement: Requirement) -> bool:
    fixed = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    return requirement.marker is None or any(
        requirement.marker.evaluate({**fixed, "python_version": one, "python_full_version": f"{one}.0"})
        for one in PYTHONS
    )


def pinned() -> str:
    """Their lines of the lock, hashes included."""
    wanted = names()
    blocks = {found[1]: found[0] for found in _BLOCK.finditer((ROOT / "requirements.lock").read_text())}
    return "".join(f"{blocks[name]}\n" for name in sorted(wanted))
