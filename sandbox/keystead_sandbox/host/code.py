"""Which code a background process was started from: after an update the old one would go on with what it was."""

import hashlib
import sysconfig
from pathlib import Path

from keystead_sandbox.host.place import PACKAGE

BESIDE = {
    "local_aws": ("common/*.py", "host/callers.yaml"),
    "local_gcp": ("common/*.py",),
    "engine": ("common/*.py",),
    "pulumi_provider": (
        "common/__init__.py",
        "common/discovery.py",
        "common/lifetime.py",
        "common/registry.py",
        "pulumi_provider/official.json",
    ),
}
"""What the processes of a part load beside its own package."""

INSTALLED = Path(sysconfig.get_path("purelib"))
"""Where the packages are that every part uses; the names of their `.dist-info` folders hold their versions."""


def sources(part: str) -> list[Path]:
    """Return the files of a process of `engine`, `local_aws`, `local_gcp` or `pulumi_provider`."""
    beside = (path for pattern in BESIDE[part] for path in sorted(PACKAGE.glob(pattern)))
    own = (path for suffix in ("*.py", "*.yaml") for path in sorted((PACKAGE / part).rglob(suffix)))
    return [*own, *beside]


def fingerprint(part: str) -> str:
    """Hash the sources of one part of the sandbox and the versions of the installed packages."""
    digest = hashlib.sha256()
    for file in sources(part):
        digest.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    for package in sorted(INSTALLED.glob("*.dist-info")):
        digest.update(package.name.encode() + b"\0")
    return digest.hexdigest()[:16]
