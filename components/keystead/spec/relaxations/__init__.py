"""Settings of a spec that are weaker than its tier's defaults: allowed, and always reported."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from keystead.model.clouds import TITLES, Cloud
from keystead.model.duration import format_duration
from keystead.model.gcp.principals import account_project
from keystead.model.principals import on
from keystead.model.tiers import TierDefaults
from keystead.spec.keys import KeySpec
from keystead.spec.rotation.times import STALE
from keystead.spec.secrets import SecretSpec
from keystead.spec.waivers import WaiverSpec

_ANYBODY: Mapping[Cloud, str] = {
    "aws": "everybody in the account whose IAM policies allow sts:AssumeRole can become this reader",
    "gcp": "everybody whom the project's IAM policy lets act as its service accounts can become this reader",
}
"""Who takes a reader's role where the spec names nobody."""


def relaxations(
    defaults: TierDefaults,
    keys: Mapping[str, KeySpec],
    secrets: Mapping[str, SecretSpec],
    waivers: Mapping[str, WaiverSpec],
) -> list[str]:
    """Return a line for each relaxed setting: its path, what it is, what the tier would give; and for each waiver."""
    trusted = _of_trust(secrets) if defaults.protected else ()
    return [*_of_keys(defaults, keys), *_of_secrets(defaults, secrets), *trusted, *_of_waivers(waivers)]


def _of_keys(defaults: TierDefaults, keys: Mapping[str, KeySpec]) -> Iterator[str]:
    for name, key in sorted(keys.items()):
        if defaults.protected and not key.protected:
            yield f"keys.{name}.protected: false, the tier's default is true"
        if defaults.hsm and key.in_software:
            yield f"keys.{name}.hsm: false, the tier's default is true"
        if key.deletion_window < defaults.deletion_window:
            yield _differs(f"keys.{name}.deletion_window", key.deletion_window, defaults.deletion_window)
        usual = defaults.key_rotation_in(key.clouds)
        if key.rotation is not None and key.rotation > usual:
            yield _differs(f"keys.{name}.rotation", key.rotation, usual)


def _of_secrets(defaults: TierDefaults, secrets: Mapping[str, SecretSpec]) -> Iterator[str]:
    for name, secret in sorted(secrets.items()):
        if defaults.protected and not secret.protected:
            yield f"secrets.{name}.protected: false, the tier's default is true"
        if secret.rotation.every > defaults.secret_every:
            yield _differs(f"secrets.{name}.rotation.every", secret.rotation.every, defaults.secret_every)
        if secret.rotation.overlap > defaults.overlap:
            yield _differs(f"secrets.{name}.rotation.overlap", secret.rotation.overlap, defaults.overlap)
        yield from _of_short_overlaps(name, secret)
        if secret.rotation.rotator == "service-account-key":
            yield (
                f"secrets.{name}.rotation.rotator: service-account-key, whose keys an organisation may forbid; before "
                "`up`, see that constraints/iam.disableServiceAccountKeyCreation is not enforced in the project: "
                "gcloud org-policies describe iam.disableServiceAccountKeyCreation --effective --project "
                f"{account_project(str(secret.rotation.service_account))}"
            )
        yield from _of_readers(name, secret)
        if secret.recovery_window < defaults.recovery_window:
            yield _differs(f"secrets.{name}.recovery_window", secret.recovery_window, defaults.recovery_window)


def _of_short_overlaps(name: str, secret: SecretSpec) -> Iterator[str]:
    """Yield overlaps that may end while readers still get the value before."""
    for cloud in secret.clouds:
        if secret.rotation.overlap < STALE.get(cloud, timedelta()):
            yield (
                f"secrets.{name}.rotation.overlap: {format_duration(secret.rotation.overlap)}, and readers on "
                f"{TITLES[cloud]} may get the value before for a few hours after a rotation; "
                f"{format_duration(STALE[cloud])} or more is safe"
            )


def _of_readers(name: str, secret: SecretSpec) -> Iterator[str]:
    """Yield readers that are restricted on some clouds only, though the same value can be read on the others."""
    for reader, given in sorted(secret.readers.items()):
        held = {cloud: given.restriction_on(cloud) for cloud in secret.clouds if given.on(cloud)}
        free = [cloud for cloud, restriction in held.items() if restriction is None]
        bound = [f"{TITLES[cloud]} has {restriction}" for cloud, restriction in held.items() if restriction is not None]
        if free and bound:
            yield f"secrets.{name}.readers.{reader}.restriction: none on {TITLES[free[0]]}, while {bound[0]}"


def _of_trust(secrets: Mapping[str, SecretSpec]) -> Iterator[str]:
    """Yield readers whose role nobody in particular is trusted with on a cloud, in no secret that they read there."""
    used: dict[tuple[str, Cloud], bool] = {}
    for secret in secrets.values():
        for cloud in secret.clouds:
            for name, reader in secret.readers_on(cloud).items():
                used[name, cloud] = used.get((name, cloud), False) or bool(on(cloud, reader.trust))
    for (name, cloud), named in sorted(used.items()):
        if not named:
            yield f"secrets.*.readers.{name}.trust: nobody on {TITLES[cloud]}, so {_ANYBODY[cloud]}; name who may"


def _of_waivers(waivers: Mapping[str, WaiverSpec]) -> Iterator[str]:
    for name, waiver in sorted(waivers.items()):
        yield f"waivers.{name}: {waiver.rule} on {waiver.resource}, until {waiver.until} by {waiver.owner}"


def _differs(path: str, value: timedelta, default: timedelta) -> str:
    return f"{path}: {format_duration(value)}, the tier's default is {format_duration(default)}"
