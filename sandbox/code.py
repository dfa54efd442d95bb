"""Which code a background process was started from: after an update the old one would go on with what it was."""

import hashlib
from pathlib import Path

from sandbox.place import CHECKOUT

PINNED = CHECKOUT / "requirements.lock"
SHARED = (
    *("callers.yaml", "clock.py", "cloud_settings.py", "control_server.py", "lifetime.py", "listening.py"),
    "timeline.py",
)
"""What the clouds have in common."""
BESIDE = {"aws": SHARED, "gcp": SHARED, "provider": ("gcp/__init__.py", "gcp/discovery.py", "gcp/errors.py")}
"""What the processes of a part load beside its own package."""


def sources(part: str) -> list[Path]:
    """Return the files that a process of one part of the sandbox, `aws`, `gcp` or `provider`, is made of."""
    root = CHECKOUT / "sandbox"
    return [*sorted((root / part).rglob("*.py")), *(root / name for name in BESIDE[part])]


def fingerprint(part: str) -> str:
    """Hash the sources of one part of the sandbox and the pinned packages below it."""
    digest = hashlib.sha256()
    for file in (*sources(part), PINNED):
        if file.exists():
            digest.update(file.relative_to(CHECKOUT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
