"""Lines of Python per package of the product, of the policies and of the sandbox, and of the tests of each."""

import subprocess
from collections import Counter
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parents[1]
ROOTS = {"components/keystead": 3, "sandbox/keystead_sandbox": 3, "sandbox/tests": 3, "policies": 2, "tests": 2}
"""Folders that are told by their packages, and how much of a path names a package there."""


def lines() -> dict[str, int]:
    """Count the lines of every tracked module by its package, and by its top folder where that has no packages."""
    command = ["git", "ls-files", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    found: Counter[str] = Counter()
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            found[package_of(name)] += (ROOT / name).read_text().count("\n")
    return dict(sorted(found.items()))


def package_of(name: str) -> str:
    """The package that a file is counted for: a module beside packages counts for the folder it lies in."""
    folder = PurePath(name).parent
    depth = next((depth for root, depth in ROOTS.items() if folder.is_relative_to(root)), 1)
    return "/".join(folder.parts[:depth]) or "."
