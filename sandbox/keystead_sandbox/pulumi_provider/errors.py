"""Everything the plugin refuses or fails at, in one place. No message ever holds a credential or a property's value."""

from typing import Any


class ProviderError(Exception):
    """The base of the plugin's errors; its text is what the user reads."""


class ConfigurationError(ProviderError):
    """The provider resource or the sandbox's registry cannot be used."""


class UnsupportedError(ProviderError):
    """A resource type or function that the table does not hold."""


class CloudError(ProviderError):
    """The cloud refused a call."""

    def __init__(self, operation: str, code: str, message: str, advice: str = "") -> None:
        text = f"{operation}: {code}: {message}" if code else f"{operation}: {message}"
        super().__init__(text + (f"; {advice}" if advice else ""))
        self.operation, self.code, self.detail = operation, code, message


class PartialError(ProviderError):
    """A resource exists but is not as declared: the engine records it and finishes it on the next update."""

    def __init__(self, resource_id: str, state: dict[str, Any], reason: str) -> None:
        super().__init__(reason)
        self.resource_id, self.state = resource_id, state
