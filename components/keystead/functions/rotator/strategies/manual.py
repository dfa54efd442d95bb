"""Values that only a person can bring; rotation is a reminder."""

from keystead.functions.shared.errors import RefusedError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import Read


class ManualRotator:
    """Never makes a value: `keystead secret put` brings it, and the sweep reminds of it and retires the one before."""

    unattended = False

    def create(self, current: Read) -> Sensitive:  # noqa: ARG002  # the protocol's signature
        """Refuse: only a person can bring this value."""
        raise RefusedError("a person brings this value: run `keystead secret put`; it is not rotated automatically")

    def fits(self, pending: Sensitive) -> bool:  # noqa: ARG002  # the protocol's signature
        """Accept what the person brought."""
        return True

    def abandon(self, value: Sensitive) -> None:
        """Do nothing: no value is made here."""

    def apply(self, pending: Sensitive, current: Read) -> None:
        """Do nothing: the person who brought the value has put it to use."""

    def verify(self, pending: Sensitive) -> None:
        """Do nothing: only the person knows what the value must look like."""

    def retire(self, previous: Read) -> None:
        """Do nothing: the service that issued the value is the person's to update."""
