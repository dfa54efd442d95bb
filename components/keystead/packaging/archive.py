"""The archive that holds the code which runs in the cloud, with the settings of one environment.

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

from keystead import functions
from keystead.functions.shared import contract
from keystead.functions.shared.contract import (
    CloudSettings,
    External,
    MirrorSettings,
    RotatorSettings,
    SecretSettings,
    Shape,
)
from keystead.model.clouds import Cloud
from keystead.model.errors import BundleError
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.rotation import RotationSpec
from keystead.spec.secrets import SecretSpec

DIRECTORY = Path(".build")
"""Where archives are kept, below the folder that the command runs in; the name of each is its hash."""

STACKS = Path()
"""The folder of the stack files: Pulumi runs the program in it."""

_GCP_ENTRY = "rotator/main.py"
_LEFT_OUT = {
    "aws": ("rotator/gcp.py",),
    "gcp": ("rotator/aws.py", "stores/aws.py", "stores/mirrored.py", "shared/google/federation.py"),
}

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time an archive can name, in place of the files' own."""


@dataclass(frozen=True)
class Bundle:
    """One archive on disk."""

    path: str
    """Path of the archive, relative to the working folder."""
    sha256: str
    """SHA-256 of its bytes in base64, as Lambda reports it for the deployed code."""


def settings_of(spec: EnvironmentSpec, cloud: Cloud = "aws") -> RotatorSettings:
    """What the rotator of this environment on a cloud is told; it refuses every secret that is not named in it.

    A secret on both clouds is that of the rotator on AWS, which brings GCP the same values.
    """
    if cloud == "gcp":
        project = spec.scope("gcp")
        only = {name: secret for name, secret in spec.secrets_on("gcp").items() if not spec.mirrored(name)}
        return RotatorSettings(
            environment=spec.environment,
            cloud=CloudSettings(account=project.project, region=project.region, number=project.number),
            secrets={project.secret_name(name): _secret(secret) for name, secret in only.items()},
        )
    scope, mirror = spec.scope("aws"), spec.scope("gcp") if spec.on("gcp") else None
    secrets = spec.secrets_on("aws")
    names = {name: mirror.secret_name(name) for name in secrets if mirror is not None and spec.mirrored(name)}
    return RotatorSettings(
        environment=spec.environment,
        cloud=CloudSettings(account=scope.account, region=scope.region),
        secrets={scope.secret_name(name): _secret(secret, names.get(name, "")) for name, secret in secrets.items()},
        mirror=MirrorSettings(mirror.project, mirror.number, mirror.audience) if names and mirror is not None else None,
    )


def _secret(secret: SecretSpec, mirror: str = "") -> SecretSettings:
    rotation = secret.rotation
    return SecretSettings(
        rotator=rotation.rotator,
        every=int(rotation.every.total_seconds()),
        overlap=int(rotation.overlap.total_seconds()),
        shape=Shape(**rotation.shape.model_dump()) if rotation.rotator == "random" else None,
        mirror=mirror,
        service_account=rotation.service_account or "",
        external=_external(rotation),
    )


def _external(rotation: RotationSpec) -> External | None:
    if rotation.code is None or rotation.strategy is None:
        return None
    return External(rotation.code.removesuffix(".py"), rotation.strategy, dict(rotation.settings))


def rotator_bundle(settings: RotatorSettings, directory: Path = DIRECTORY, stacks: Path = STACKS) -> Bundle:
    """Write the rotator's archive and return where it is; an archive that is already there is used as it is.

    `stacks` is the folder of the stack files, from which external rotators' files are taken. Raises BundleError where
    one of them is missing or no Python, or where the archive cannot be written.
    """
    data = _archive(settings, stacks)
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


def _archive(settings: RotatorSettings, stacks: Path) -> bytes:
    on_gcp = bool(settings.cloud.number)
    root = Path(functions.__file__).parent
    sources = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.py")}
    entry = sources.pop(_GCP_ENTRY)
    files = {
        f"keystead/functions/{name}": content
        for name, content in sources.items()
        if name not in _LEFT_OUT["gcp" if on_gcp else "aws"]
    }
    if on_gcp:
        files["main.py"] = entry
        files["requirements.txt"] = (root / "rotator" / "requirements.txt").read_bytes()
    files["keystead/__init__.py"] = b""
    files[contract.SETTINGS_FILE] = contract.dump(settings)
    for secret in settings.secrets.values():
        if secret.external is not None:
            name = f"{secret.external.module}.py"
            files[f"{contract.EXTERNAL_FOLDER}/{name}"] = _code(stacks / name)
    return _packed(files)


def _code(path: Path) -> bytes:
    """Return an external rotator's file, once Python can read it; what it does shows when it runs."""
    try:
        source = path.read_bytes()
        compile(source, str(path), "exec", dont_inherit=True)
    except OSError as error:
        raise BundleError(f"{path}: the code of an external rotator cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        raise BundleError(f"{path}: the code of an external rotator is no Python: {error}; correct it") from error
    return source


def _packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
