"""The archive of a function: what it imports, its settings and what its cloud wants beside them, as one ZIP file.

Equal code and settings give equal bytes, on any machine and at any time, so that a deployment changes the function only
when something in it changed.
"""

import base64
import hashlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keystead
from keystead.functions.shared.settings import SETTINGS_FILE, dump
from keystead.model.clouds import Cloud
from keystead.model.errors import ArchiveError
from keystead.packaging.function import HANDLERS, Function
from keystead.packaging.imports import modules

DIRECTORY = Path(".build")
"""Where archives are kept, below the folder that the command runs in; the name of each is its hash."""

SOURCES = Path(keystead.__file__).parents[1]
"""The folder that holds the library's own package."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time an archive can name, in place of the files' own."""


@dataclass(frozen=True)
class Archive:
    """One archive on disk."""

    path: str
    """Path of the archive, relative to the working folder."""
    sha256: str
    """SHA-256 of its bytes in base64, as Lambda reports it for the deployed code."""
    handler: str
    """What the cloud is told to call in it."""


def write_archive(
    function: Function,
    cloud: Cloud,
    settings: Any,
    *,
    files: Mapping[str, bytes] | None = None,
    without: frozenset[str] = frozenset(),
    directory: Path = DIRECTORY,
    sources: Path = SOURCES,
) -> Archive:
    """Write the archive of a function with its settings, a dataclass; one that is already there is used as it is.

    `files` are put at its root beside the rest; `without` names modules that these settings do not need. Raises
    ArchiveError where the code cannot be put together or the archive cannot be written.
    """
    entry = function.entries[cloud]
    data = _pack(
        {
            **(files or {}),
            **modules(entry.module, sources, without),
            **entry.files(sources),
            # Empty: in the library the package's own module may import what does not run in a cloud.
            f"{keystead.__name__}/__init__.py": b"",
            SETTINGS_FILE: dump(settings),
        }
    )
    digest = hashlib.sha256(data).digest()
    path = directory / f"{function.name}-{digest.hex()[:16]}.zip"
    _write(path, data)
    return Archive(path.as_posix(), base64.b64encode(digest).decode("ascii"), HANDLERS[cloud])


def _pack(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as partial:
                partial.write(data)
            Path(partial.name).replace(path)
    except OSError as error:
        raise ArchiveError(
            f"{path}: the archive cannot be written: {error.strerror}; make the folder writable or free space"
        ) from error
