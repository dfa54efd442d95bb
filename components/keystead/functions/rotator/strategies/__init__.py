"""The strategies that make, apply, verify and retire values, by the name the spec calls them."""

from pathlib import Path
from typing import Protocol

from keystead.functions.rotator.strategies.external import ExternalRotator
from keystead.functions.rotator.strategies.manual import ManualRotator
from keystead.functions.rotator.strategies.random import RandomRotator
from keystead.functions.rotator.strategies.service_account_key import ServiceAccountKeyRotator
from keystead.functions.shared.calls import Calls
from keystead.functions.shared.contract import EXTERNAL_FOLDER, SecretSettings
from keystead.functions.shared.errors import SettingsError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import Read

KNOWN = ("external", "manual", "random", "service-account-key")
"""The strategies by the names that settings call them."""


class Rotator(Protocol):
    """How the values of one secret are made and put to work. Every method may be repeated and may run twice at once."""

    unattended: bool
    """Whether rotation runs by itself; False where a person brings the value and is only reminded."""

    def create(self, current: Read) -> Sensitive:
        """Return a new value; a repeated call must not pile up credentials at the service that issues them."""

    def fits(self, pending: Sensitive) -> bool:
        """Tell whether a value that an earlier try left may still be used; False only if nobody was told of it yet."""

    def abandon(self, value: Sensitive) -> None:
        """Take back a value just created that could not be stored."""

    def apply(self, pending: Sensitive, current: Read) -> None:
        """Make the service accept the pending value while it still accepts the current one."""

    def verify(self, pending: Sensitive) -> None:
        """Raise VerificationError unless the pending value works; never touch the current one."""

    def retire(self, previous: Read) -> None:
        """Make the service refuse the previous value."""


def build(settings: SecretSettings, bundle: Path, api: Calls | None = None) -> Rotator:
    """Return the strategy the settings name, set up for their secret; `bundle` is the root of the function's files."""
    if settings.rotator == "manual":
        return ManualRotator()
    if settings.rotator == "random" and settings.shape is not None:
        return RandomRotator(settings.shape)
    if settings.rotator == "random":
        raise SettingsError("rotator 'random' needs a shape")
    if settings.rotator == "external" and settings.external is not None:
        return ExternalRotator(settings.external, bundle / EXTERNAL_FOLDER)
    if settings.rotator == "external":
        raise SettingsError("rotator 'external' needs a module and a strategy")
    if settings.rotator == "service-account-key" and settings.service_account and api is not None:
        return ServiceAccountKeyRotator(settings.service_account, api)
    if settings.rotator == "service-account-key":
        raise SettingsError("rotator 'service-account-key' needs a service account, and runs on GCP only")
    raise SettingsError(f"unknown rotator {settings.rotator!r}; known: {', '.join(KNOWN)}")
