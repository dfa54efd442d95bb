"""Random values of a given shape, for secrets that both sides read from the store."""

import secrets

from keystead.functions.rotator.settings import ShapeSettings
from keystead.functions.shared.errors import VerificationError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import Read


class RandomRotator:
    """Draws every character uniformly from the system's random source; no service has to be informed."""

    unattended = True

    def __init__(self, shape: ShapeSettings) -> None:
        self._shape = shape

    def create(self, current: Read) -> Sensitive:  # noqa: ARG002  # the protocol's signature
        """Return a fresh value of the shape."""
        drawn = "".join(secrets.choice(self._shape.characters) for _ in range(self._shape.length))
        return Sensitive(self._shape.prefix + drawn)

    def fits(self, pending: Sensitive) -> bool:
        """Return whether the value has the shape, which may have changed since; no service knows the value yet."""
        try:
            self.verify(pending)
        except VerificationError:
            return False
        return True

    def abandon(self, value: Sensitive) -> None:
        """Do nothing: no service knows the value."""

    def apply(self, pending: Sensitive, current: Read) -> None:
        """Do nothing: both sides read the store."""

    def verify(self, pending: Sensitive) -> None:
        """Check that what the store gives back has the shape."""
        prefix, drawn = pending.reveal()[: len(self._shape.prefix)], pending.reveal()[len(self._shape.prefix) :]
        if prefix != self._shape.prefix or len(drawn) != self._shape.length:
            raise VerificationError("the pending value has another prefix or length than its shape asks for")
        if not set(drawn) <= set(self._shape.characters):
            raise VerificationError("the pending value has characters that its shape does not allow")

    def retire(self, previous: Read) -> None:
        """Do nothing: once the store hides it, nobody uses it."""
