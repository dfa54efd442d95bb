"""Which code a background process was started from: after an update the old one would go on with what it was."""

import hashlib
from pathlib import Path

from keystead_sandbox.host.place import CHECKOUT, PACKAGE

PINNED = CHECKOUT / "requirements.lock"
BESIDE = {
    "local_aws": ("common/*.py", "host/callers.yaml"),
    "local_gcp": ("common/*.py",),
    "pulumi_provider": ("common/__init__.py", "common/discovery.py"),
}
"""What the processes of a part load beside its own package."""


def sources(part: str) -> list[Path]:
    """Return the files of a process of `local_aws`, `local_gcp` or `pulumi_provider`."""
    beside = (path for pattern in BESIDE[part] for path in sorted(PACKAGE.glob(pattern)))
    return [*sorted((PACKAGE / part).rglob("*.py")), *beside]


def fingerprint(part: str) -> str:
    """Hash the sources of one part of the sandbox and the pinned packages below it."""
    digest = hashlib.sha256()
    for file in (*sources(part), PINNED):
        if file.exists():
            digest.update(file.relative_to(CHECKOUT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
