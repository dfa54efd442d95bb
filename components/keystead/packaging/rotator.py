"""The rotator's archives: its settings for an environment on each cloud, and the code of external rotators."""

from collections.abc import Callable, Mapping
from pathlib import Path

from keystead.functions.rotator.settings import (
    EXTERNAL_FOLDER,
    CloudSettings,
    ExternalSettings,
    FollowerSettings,
    RotatorSettings,
    SecretSettings,
    ShapeSettings,
    WindowSettings,
)
from keystead.model.alphabets import ALPHABETS
from keystead.model.clouds import Cloud
from keystead.model.errors import ArchiveError
from keystead.model.scope import Scope
from keystead.packaging.archive import DIRECTORY, Archive, write_archive
from keystead.packaging.function import Entry, Function
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.rotation import RotationSpec, ShapeSpec
from keystead.spec.secrets import SecretSpec

STACKS = Path()
"""The folder of the stack files: Pulumi runs the program in it."""

ROTATOR = Function(
    "rotator",
    {
        "aws": Entry("keystead.functions.rotator.aws"),
        "gcp": Entry("keystead.functions.rotator.gcp", "keystead/functions/rotator/requirements.txt"),
    },
)

MIRRORING = "keystead.functions.rotator.mirroring"
"""The module of the rotator that mirrored secrets alone need; without it nothing of GCP goes to AWS."""


def rotator_archive(spec: EnvironmentSpec, cloud: Cloud, directory: Path = DIRECTORY, stacks: Path = STACKS) -> Archive:
    """Write the archive of the environment's rotator on a cloud and return where it is."""
    return archive_with(rotator_settings(spec, cloud), cloud, directory, stacks)


def archive_with(
    settings: RotatorSettings, cloud: Cloud, directory: Path = DIRECTORY, stacks: Path = STACKS
) -> Archive:
    """Write the rotator's archive with these settings.

    `stacks` is the folder of the stack files, from which external rotators' files are taken. Raises ArchiveError where
    one of them is missing or not Python, or where the archive cannot be written.
    """
    modules = sorted({secret.external.module for secret in settings.secrets.values() if secret.external})
    return write_archive(
        ROTATOR,
        cloud,
        settings,
        files={f"{EXTERNAL_FOLDER}/{module}.py": _code(stacks / f"{module}.py") for module in modules},
        without=frozenset() if settings.follower else frozenset({MIRRORING}),
        directory=directory,
    )


def rotator_settings(spec: EnvironmentSpec, cloud: Cloud) -> RotatorSettings:
    """Return what the rotator of this environment on a cloud is told; it refuses every secret not named in it."""
    return _SETTINGS[cloud](spec)


def _on_aws(spec: EnvironmentSpec) -> RotatorSettings:
    scope, follower = spec.scope("aws"), spec.scope("gcp") if spec.on("gcp") else None
    secrets = {name: secret for name, secret in spec.secrets_on("aws").items() if name not in spec.renamed}
    names = {name: follower.secret_name(name) for name in secrets if follower is not None and spec.mirrored(name)}
    return RotatorSettings(
        environment=spec.environment,
        cloud=CloudSettings(account=scope.account, region=scope.region),
        secrets={
            scope.secret_name(name): _secret(secret, scope, names.get(name, "")) for name, secret in secrets.items()
        },
        follower=FollowerSettings(follower.number, follower.audience) if names and follower is not None else None,
    )


def _on_gcp(spec: EnvironmentSpec) -> RotatorSettings:
    """Without mirrored secrets: those are rotated on AWS, by the rotator of the leader."""
    scope = spec.scope("gcp")
    secrets = {
        name: secret
        for name, secret in spec.secrets_on("gcp").items()
        if not spec.mirrored(name) and name not in spec.renamed
    }
    return RotatorSettings(
        environment=spec.environment,
        cloud=CloudSettings(scope.project, scope.region, scope.number, scope.rotator_subscription),
        secrets={scope.secret_name(name): _secret(secret, scope, windowed=True) for name, secret in secrets.items()},
    )


_SETTINGS: Mapping[Cloud, Callable[[EnvironmentSpec], RotatorSettings]] = {"aws": _on_aws, "gcp": _on_gcp}


def _secret(secret: SecretSpec, scope: Scope, follower: str = "", *, windowed: bool = False) -> SecretSettings:
    """Return a secret's settings; with its window where the store itself does not keep one."""
    rotation, window = secret.rotation, secret.rotation.utc_window
    return SecretSettings(
        rotator=rotation.rotator,
        every=int(rotation.longest_on(secret.clouds[0]).total_seconds()),
        overlap=int(rotation.overlap.total_seconds()),
        shape=_shape(rotation.shape) if rotation.rotator == "random" else None,
        follower=follower,
        service_account=rotation.service_account or "",
        renamed_from=scope.secret_name(secret.renamed_from) if secret.renamed_from else "",
        external=_external(rotation),
        window=WindowSettings(window.hour, window.hours) if window and windowed else None,
    )


def _shape(shape: ShapeSpec) -> ShapeSettings:
    return ShapeSettings(ALPHABETS[shape.alphabet], shape.length, shape.prefix)


def _external(rotation: RotationSpec) -> ExternalSettings | None:
    if rotation.code is None or rotation.strategy is None:
        return None
    return ExternalSettings(rotation.code.removesuffix(".py"), rotation.strategy, dict(rotation.settings))


def _code(path: Path) -> bytes:
    """Return an external rotator's file, once Python can read it; what it does shows when it runs."""
    try:
        source = path.read_bytes()
        compile(source, str(path), "exec", dont_inherit=True)
    except OSError as error:
        raise ArchiveError(f"{path}: the code of an external rotator cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        raise ArchiveError(f"{path}: the code of an external rotator is not Python: {error}; correct it") from error
    return source
