"""The strategies that make, apply, verify and retire values, by the name the spec calls them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from keystead.functions.rotator.settings import EXTERNAL_FOLDER, SecretSettings
from keystead.functions.rotator.strategies.external import ExternalRotator
from keystead.functions.rotator.strategies.manual import ManualRotator
from keystead.functions.rotator.strategies.random import RandomRotator
from keystead.functions.shared.errors import SettingsError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import Read


class Rotator(Protocol):
    """How the values of one secret are made and put to use. Every method may be repeated and may run twice at once."""

    unattended: bool
    """Whether rotation runs without a person; False where a person brings the value and is only reminded."""

    def create(self, current: Read) -> Sensitive:
        """Return a new value; a repeated call must not pile up credentials at the service that issues them."""

    def fits(self, pending: Sensitive) -> bool:
        """Return whether a value left by an earlier attempt may still be used; False only if no service knows it."""

    def abandon(self, value: Sensitive) -> None:
        """Revoke a value that was just created and could not be stored."""

    def apply(self, pending: Sensitive, current: Read) -> None:
        """Make the service accept the pending value while it still accepts the current one."""

    def verify(self, pending: Sensitive) -> None:
        """Raise VerificationError unless the pending value works; never touch the current one."""

    def retire(self, previous: Read) -> None:
        """Make the service refuse the previous value."""


Builder = Callable[[SecretSettings, Path], Rotator]
"""Sets a strategy up for the secret with these settings, in a function whose files lie below this root."""


def _manual(settings: SecretSettings, root: Path) -> Rotator:  # noqa: ARG001  # a Builder
    return ManualRotator()


def _random(settings: SecretSettings, root: Path) -> Rotator:  # noqa: ARG001  # a Builder
    if settings.shape is None:
        raise SettingsError("rotator 'random' needs a shape")
    return RandomRotator(settings.shape)


def _external(settings: SecretSettings, root: Path) -> Rotator:
    if settings.external is None:
        raise SettingsError("rotator 'external' needs a module and a strategy")
    return ExternalRotator(settings.external, root / EXTERNAL_FOLDER)


BUILDERS: Mapping[str, Builder] = {"external": _external, "manual": _manual, "random": _random}
"""The strategies that work on every cloud, by the names that settings call them."""


def build(settings: SecretSettings, root: Path, known: Mapping[str, Builder] = BUILDERS) -> Rotator:
    """Return the strategy the settings name, set up for their secret; SettingsError where it is not a `known` one."""
    if settings.rotator not in known:
        raise SettingsError(f"unknown rotator {settings.rotator!r}; known here: {', '.join(sorted(known))}")
    return known[settings.rotator](settings, root)
