"""A store with AWS's label rules and a service that accepts credentials, both breakable at every call."""

import dataclasses
import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from keystead.functions.shared.errors import LabelMovedError, VerificationError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import ListedSecret, Read, SecretState

T = TypeVar("T")
SECRET = "prod/payments-api-key"
START = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
LATER = START + dt.timedelta(days=36500)
"""Later than any value became current in a test: what is asked for then is not served yet."""


class Crash(Exception):  # noqa: N818  # it stands for the process dying, not for an error
    """The process died, or its connection did: nobody saw the answer."""


class Kill(BaseException):
    """The process died for sure: nothing of it runs on."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """What goes wrong at the n-th call to the world, or at the first of a name."""

    at: int | str
    before: bool = True
    meanwhile: Callable[[], object] | None = None
    error: type[BaseException] = Crash


class World:
    """Counts every call that leaves the core and breaks the one it is told to break."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.calls: list[str] = []
        self.now = START

    def call(self, name: str, effect: Callable[[], T]) -> T:
        self.calls.append(name)
        fault = self.fault if self.fault is not None and self.fault.at in (len(self.calls), name) else None
        if fault is None:
            return effect()
        self.fault = None
        if fault.meanwhile is not None:
            fault.meanwhile()
            return effect()
        if fault.before:
            raise fault.error(name)
        effect()
        raise fault.error(name)

    def attempt(self, act: Callable[[], object], fault: Fault | None = None) -> None:
        self.calls.clear()
        self.fault = fault
        try:
            act()
        finally:
            self.fault = None


@dataclasses.dataclass
class Version:
    value: str | None
    created: dt.datetime
    labels: set[str] = dataclasses.field(default_factory=set)


class MemoryStore:
    """One secret in a store that follows Secrets Manager's rules for versions and labels."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.enabled = True
        self.first_is_current = False
        """As PutSecretValue does with the first value of all."""
        self.versions: dict[str, Version] = {}
        self.rotated: dt.datetime | None = None

    def bearer(self, label: str) -> str | None:
        found = [token for token, version in self.versions.items() if label in version.labels]
        assert len(found) <= 1, f"{label} is on several versions"
        return found[0] if found else None

    def value(self, token: str | None) -> str | None:
        return self.versions[token].value if token else None

    def begin(self, token: str) -> None:
        """Do what RotateSecret does before it calls the function."""
        assert self.bearer("pending") in (None, self.bearer("current")), "a rotation is in progress"
        self.versions[token] = Version(None, self._world.now)
        self._label("pending", token)

    def cancel(self) -> None:
        """Do what an operator does to be able to start another rotation."""
        for version in self.versions.values():
            version.labels.discard("pending")

    def listed(self, secrets: Collection[str]) -> Mapping[str, ListedSecret]:
        """The list knows when a rotation finished last, and of a value put by hand only that the secret is as old."""
        since = self.rotated or min((version.created for version in self.versions.values()), default=None)

        def found() -> Mapping[str, ListedSecret]:
            state = self._state()
            return {SECRET: ListedSecret(state, since if state.current else None)} if SECRET in secrets else {}

        return self._world.call("listed", found)

    def state(self, secret: str) -> SecretState:
        assert secret == SECRET
        return self._world.call("state", self._state)

    def current_since(self, secret: str) -> dt.datetime | None:
        assert secret == SECRET

        def since() -> dt.datetime | None:
            current = self.bearer("current")
            created = self.versions[current].created if current else None
            return max(created, self.rotated) if created and self.rotated else created

        return self._world.call("current_since", since)

    def _state(self) -> SecretState:
        return SecretState(
            enabled=self.enabled,
            versions=frozenset(token for token, version in self.versions.items() if version.labels),
            current=self.bearer("current"),
            previous=self.bearer("previous"),
            pending=self.bearer("pending"),
        )

    def read(self, secret: str, version: str) -> Sensitive | None:
        assert secret == SECRET

        def value() -> Sensitive | None:
            stored = self.versions[version].value if version in self.versions else None
            return None if stored is None else Sensitive(stored)

        return self._world.call("read", value)

    def write(self, secret: str, version: str, value: Sensitive, seen: SecretState) -> bool:
        assert secret == SECRET
        assert seen.enabled == self.enabled

        def put() -> bool:
            there = self.versions.setdefault(version, Version(None, self._world.now))
            if there.value is not None:
                return False
            there.value = value.reveal()
            self._label("pending", version)
            if self.first_is_current and self.bearer("current") is None:
                self._label("current", version)
            return True

        return self._world.call("write", put)

    def seed(self, secret: str, version: str, value: Sensitive) -> None:
        assert secret == SECRET

        def put() -> None:
            assert self.bearer("current") is None
            self.versions[version] = Version(value.reveal(), self._world.now)
            self._label("current", version)

        self._world.call("seed", put)

    def promote(self, secret: str, version: str, current: str | None) -> None:
        assert secret == SECRET

        def move() -> None:
            if self.bearer("current") != current:
                raise LabelMovedError(f"{SECRET}: AWSCURRENT has moved meanwhile")
            if current is not None:
                self._label("previous", current)
            self._label("current", version)
            self.rotated = self._world.now

        self._world.call("promote", move)

    def retire(self, secret: str, version: str) -> None:
        assert secret == SECRET
        self._world.call("retire", lambda: self.versions[version].labels.discard("previous"))

    def discard(self, secret: str, version: str) -> None:
        assert secret == SECRET
        self._world.call("discard", lambda: self.versions[version].labels.discard("pending"))

    def align(self, secret: str) -> None:
        assert secret == SECRET

    def tidy(self, secret: str, *, unattended: bool) -> None:
        assert (secret, unattended) in ((SECRET, True), (SECRET, False))

    def _label(self, label: str, token: str) -> None:
        for version in self.versions.values():
            version.labels.discard(label)
        self.versions[token].labels.add(label)


class ServiceRotator:
    """Strategy for a service that must be told of each value; it logs values, as careless code does."""

    unattended = True

    def __init__(self, world: World) -> None:
        self._world = world
        self.accepted: set[str] = set()
        self.refused: set[str] = set()
        self.issued: list[str] = []
        self.abandoned: list[str] = []
        self.takes_what_is_there = True

    def create(self, current: Read) -> Sensitive:
        current()
        return self._world.call("issue", self._issue)

    def fits(self, pending: Sensitive) -> bool:
        return self.takes_what_is_there or pending.reveal() == self.issued[-1]

    def abandon(self, value: Sensitive) -> None:
        self._world.call("abandon", lambda: self.abandoned.append(value.reveal()))

    def apply(self, pending: Sensitive, current: Read) -> None:
        current()
        self._world.call("accept", lambda: self.accepted.add(pending.reveal()))
        logging.getLogger("service").info("set to %s", pending.reveal())

    def verify(self, pending: Sensitive) -> None:
        if not self._world.call("login", lambda: pending.reveal() in self.accepted):
            raise VerificationError("the service refuses the pending value")

    def retire(self, previous: Read) -> None:
        value = previous()
        if value is not None:
            self._world.call("refuse", lambda: self._refuse(value.reveal()))

    def _refuse(self, value: str) -> None:
        self.accepted.discard(value)
        self.refused.add(value)

    def _issue(self) -> Sensitive:
        self.issued.append(f"canary-{len(self.issued):06d}-of-the-service")
        return Sensitive(self.issued[-1])
