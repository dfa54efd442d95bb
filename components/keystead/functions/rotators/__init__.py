"""The strategies that make, apply, verify and retire values, by the name the spec calls them."""

from typing import Protocol

from keystead.functions.contract import SecretSettings
from keystead.functions.errors import SettingsError
from keystead.functions.redaction import Sensitive
from keystead.functions.rotators.manual import ManualRotator
from keystead.functions.rotators.random import RandomRotator
from keystead.functions.store import Read


class Rotator(Protocol):
    """How the values of one secret are made and put to work. Every method may be repeated and may run twice at once."""

    unattended: bool
    """Whether rotation runs by itself; False where a person brings the value and is only reminded."""

    def create(self, current: Read) -> Sensitive:
        """Return a new value; a repeated call must not pile up credentials at the service that issues them."""

    def apply(self, pending: Sensitive, current: Read) -> None:
        """Make the service accept the pending value while it still accepts the current one."""

    def verify(self, pending: Sensitive) -> None:
        """Raise VerificationError unless the pending value works; never touch the current one."""

    def retire(self, previous: Read) -> None:
        """Make the service refuse the previous value."""


def build(settings: SecretSettings) -> Rotator:
    """Return the strategy the settings name, set up for their secret."""
    if settings.rotator == "manual":
        return ManualRotator()
    if settings.rotator == "random" and settings.shape is not None:
        return RandomRotator(settings.shape)
    if settings.rotator == "random":
        raise SettingsError("rotator 'random' needs a shape")
    raise SettingsError(f"unknown rotator {settings.rotator!r}; known: manual, random")
