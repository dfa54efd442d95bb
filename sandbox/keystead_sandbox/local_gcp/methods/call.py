"""One call of one method, the handlers that answer methods, and the rules that kinds of resources have of their own."""

from collections.abc import Callable
from dataclasses import dataclass

from keystead_sandbox.common.discovery import Method
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource


@dataclass(slots=True)
class Call:
    """Who calls which method on which resource, with what."""

    cloud: Cloud
    method: Method
    name: str
    """The resource, or the parent, with the project's id in it."""
    path: dict[str, str]
    query: Json
    body: Json
    caller: str
    """The e-mail address of the account that calls."""

    @property
    def project(self) -> str:
        """The id of the project that the call is about."""
        return self.cloud.project_of(self.name)

    @property
    def now(self) -> float:
        """The cloud's time."""
        return self.cloud.clock.now()


Handler = Callable[[Call], Json]
_HANDLERS: dict[str, Handler] = {}


def handles(*ids: str) -> Callable[[Handler], Handler]:
    """Make a function answer methods: API, last collection and action; a star stands for any API or collection."""

    def remember(handler: Handler) -> Handler:
        for method in ids:
            _HANDLERS[method] = handler
        return handler

    return remember


def handler_of(call: Call) -> Handler | None:
    """The function that answers a call; None where only the standard methods could."""
    collection, action = call.method.collection, call.method.action
    found = (_HANDLERS.get(one) for one in (call.method.key, f"*.{collection}.{action}", f"*.*.{action}"))
    return next((one for one in found if one), None)


Check = Callable[[Call, Json, Json], None]
"""Gets the new body of a resource and the old one (empty for a new resource); refuses it or fills in defaults."""
View = Callable[[Call, Resource], Json]
"""Gets a resource; returns what its API shows in addition to its body."""
CHECKS: dict[str, Check] = {}
VIEWS: dict[str, View] = {}


def checks(*keys: str) -> Callable[[Check], Check]:
    """Make a function check new and changed resources of some kinds."""

    def remember(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(keys, check))
        return check

    return remember


def shows(*keys: str) -> Callable[[View], View]:
    """Make a function add to what is shown of resources of some kinds."""

    def remember(view: View) -> View:
        VIEWS.update(dict.fromkeys(keys, view))
        return view

    return remember
