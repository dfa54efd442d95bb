"""The archive that holds the code which runs in the cloud, with the settings of one environment.

Equal code and settings give equal bytes, on any machine and at any time, so that a deployment changes the function only
when something in it changed.
"""

import base64
import hashlib
import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from keystead import functions
from keystead.errors import BundleError
from keystead.functions import contract
from keystead.functions.contract import CloudSettings, RotatorSettings, SecretSettings, Shape
from keystead.spec import EnvironmentSpec, Rotation

DIRECTORY = Path(".build")
"""Where archives are kept, below the folder that the command runs in; the name of each is its hash."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time an archive can name, in place of the files' own."""


@dataclass(frozen=True)
class Bundle:
    """One archive on disk."""

    path: str
    """Path of the archive, relative to the working folder."""
    sha256: str
    """SHA-256 of its bytes in base64, as Lambda reports it for the deployed code."""


def settings_of(spec: EnvironmentSpec) -> RotatorSettings:
    """What the rotator of this environment is told; it refuses every secret that is not named in it."""
    scope = spec.aws_scope()
    return RotatorSettings(
        environment=spec.environment,
        cloud=CloudSettings(account=scope.account, region=scope.region),
        secrets={
            scope.secret_name(name): SecretSettings(
                rotator=secret.rotation.rotator,
                every=int(secret.rotation.every.total_seconds()),
                overlap=int(secret.rotation.overlap.total_seconds()),
                shape=_shape(secret.rotation),
            )
            for name, secret in spec.secrets_on("aws").items()
        },
    )


def _shape(rotation: Rotation) -> Shape | None:
    return Shape(**rotation.shape.model_dump()) if rotation.rotator == "random" else None


def rotator_bundle(settings: RotatorSettings, directory: Path = DIRECTORY) -> Bundle:
    """Write the rotator's archive and return where it is; an archive that is already there is used as it is.

    Raises BundleError where the folder cannot be written.
    """
    data = _archive(settings)
    digest = hashlib.sha256(data).digest()
    path = directory / f"rotator-{digest.hex()[:16]}.zip"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            with tempfile.NamedTemporaryFile(dir=directory, delete=False) as partial:
                partial.write(data)
            Path(partial.name).replace(path)
    except OSError as error:
        raise BundleError(
            f"{path}: the rotator's archive cannot be written: {error.strerror}; make the folder writable or free space"
        ) from error
    return Bundle(path.as_posix(), base64.b64encode(digest).decode("ascii"))


def _archive(settings: RotatorSettings) -> bytes:
    root = Path(functions.__file__).parent
    files = {
        f"keystead/functions/{path.relative_to(root).as_posix()}": path.read_bytes() for path in root.rglob("*.py")
    }
    files["keystead/__init__.py"] = b""
    files[contract.SETTINGS_FILE] = contract.dump(settings)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
