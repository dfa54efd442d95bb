"""One call of one method, as handlers see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keystead_sandbox.common.discovery import Method
from keystead_sandbox.local_gcp.errors import Json

if TYPE_CHECKING:
    from keystead_sandbox.local_gcp.cloud import Cloud


@dataclass(slots=True)
class Call:
    """Who calls which method on which resource, with what."""

    cloud: "Cloud"
    method: Method
    name: str
    """The resource, or the parent, with the project's id in it."""
    path: dict[str, str]
    query: Json
    body: Json
    caller: str
    """The e-mail address of the account that calls."""
    media: bytes = b""
    """The raw body where the method takes an upload."""


Handler = Callable[[Call], Json]

HANDLERS: dict[str, Handler] = {}


def handles(*ids: str) -> Callable[[Handler], Handler]:
    """Make a function answer methods, named as `secretmanager.secrets.create`: API, last collection, action."""

    def remember(handler: Handler) -> Handler:
        for method in ids:
            HANDLERS[method] = handler
        return handler

    return remember
