"""Which configured provider a request belongs to.

A resource's request names its stack but not its provider; an engine opens one connection per provider, so the
connection tells providers of one stack apart. After a reconnect the stack's latest session serves.
"""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from keystead_sandbox.pulumi_provider.errors import ConfigurationError
from keystead_sandbox.pulumi_provider.urns import stack_of

MAX_CONNECTIONS = 512
"""Engine connections remembered; the oldest is forgotten first."""
SessionT = TypeVar("SessionT")


class Connections(Generic[SessionT]):
    """The session of every engine connection, and the latest one of every stack."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_peer: OrderedDict[str, tuple[str, SessionT]] = OrderedDict()
        self._by_stack: dict[str, SessionT] = {}

    def keep(self, peer: str, urn: str, session: SessionT) -> None:
        """Remember what a connection was configured with."""
        stack = stack_of(urn)
        with self._lock:
            self._by_peer[peer] = stack, session
            self._by_peer.move_to_end(peer)
            while len(self._by_peer) > MAX_CONNECTIONS:
                self._by_peer.popitem(last=False)
            self._by_stack[stack] = session

    def find(self, peer: str, urn: str) -> SessionT:
        """Return the session a resource's request belongs to."""
        stack = stack_of(urn)
        with self._lock:
            known, session = self._by_peer.get(peer, ("", None))
            found = session if known == stack else self._by_stack.get(stack)
        if found is None:
            raise ConfigurationError("the provider of this resource is not configured")
        return found

    def of(self, peer: str) -> SessionT | None:
        """Return a connection's session, or None before its provider was configured."""
        with self._lock:
            return self._by_peer.get(peer, ("", None))[1]
