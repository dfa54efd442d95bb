"""Which code a background process was started from: after an update the old one would go on with what it was."""

import hashlib

from sandbox.place import CHECKOUT

PINNED = CHECKOUT / "requirements.lock"
SHARED = (
    *("callers.yaml", "clock.py", "cloud_settings.py", "control_server.py", "lifetime.py", "listening.py"),
    "timeline.py",
)
"""What the clouds have in common."""


def fingerprint(package: str) -> str:
    """Hash the sources of one part of the sandbox, `aws`, `gcp` or `provider`, and the pinned packages below it."""
    root = CHECKOUT / "sandbox"
    files = [*sorted((root / package).rglob("*.py")), *(root / name for name in SHARED), PINNED]
    digest = hashlib.sha256()
    for file in files:
        if file.exists():
            digest.update(file.relative_to(CHECKOUT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
