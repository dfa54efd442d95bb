"""Stores the value that a person provides, on every cloud that its secret lives on: in the end all have it, or none."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Protocol, cast

from keystead.functions.shared.redaction import Sensitive
from keystead.model.clouds import Cloud
from keystead.model.errors import CloudError, KeysteadError
from keystead.operations.declared import declared
from keystead.operations.readers import read_from
from keystead.operations.rotation_request import displaced
from keystead.spec.environment import EnvironmentSpec

STORES: Mapping[Cloud, str] = {
    "aws": "keystead.operations.aws.store:AwsValueStore",
    "gcp": "keystead.operations.gcp.store:GcpValueStore",
}
"""One secret's store on each cloud, open for writing; imported when a value is written there."""


class ValueStore(Protocol):
    """One secret of one environment on one cloud; opening it has checked the account or project."""

    def require(self) -> None:
        """Refuse a secret that is not deployed, or waits for its deletion."""

    def displaces(self) -> bool:
        """Return whether a new value would end a previous one at once, since a store keeps one beside the current."""

    def write(self, value: Sensitive, token: str) -> str:
        """Make `value` the current one, keep the one before it as previous, and return the new version's name."""


class FollowingStore(ValueStore, Protocol):
    """A store that can hold a value ready before anybody reads it, as a follower's must."""

    def stage(self, value: Sensitive, token: str) -> None:
        """Hold the value ready where no reader looks."""

    def finish(self, token: str) -> str:
        """Make the value that was held ready the current one; return its version's name."""

    def undo(self, token: str) -> None:
        """Give up the value that was held ready."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """One cloud's part of a value that was stored."""

    cloud: Cloud
    stored_as: str
    """Name of the secret in the store."""
    version: str
    readers: Mapping[str, str]
    """Where each reader may read from, by its role or service account."""


class ValueDelivery:
    """One secret on its clouds, open for writing; nothing is written before every account was checked.

    Nor where a previous value that is still readable would end by it, unless `end_previous` says so.

    A follower holds the value first, where no reader looks; then it becomes current on the leader, in one step that
    keeps the one before, and then on the follower. If the leader refuses, the follower gives the value up; if the
    follower fails after that, the rotator's sweep makes it follow.
    """

    def __init__(self, spec: EnvironmentSpec, name: str, *, end_previous: bool = False) -> None:
        _require_manual(spec, name)
        self._spec = spec
        self._name = name
        self._leader = spec.leader(name)
        self._stores: dict[Cloud, ValueStore] = {
            cloud: resolve_name(STORES[cloud])(spec, name) for cloud in spec.secrets[name].clouds
        }
        self._followers = {cloud: cast("FollowingStore", self._stores[cloud]) for cloud in spec.followers(name)}
        for store in self._stores.values():
            store.require()
        if not end_previous and self._stores[self._leader].displaces():
            raise CloudError(displaced(spec, name, f"keystead secret put {name}"))

    def write(self, value: Sensitive) -> list[Written]:
        """Make `value` the current one, and keep the one before it as previous; return each cloud's part."""
        token = str(uuid.uuid4())
        for store in self._followers.values():
            store.stage(value, token)
        versions = {self._leader: self._lead(value, token)}
        for cloud, store in self._followers.items():
            versions[cloud] = self._follow(cloud, store, token)
        return [self._written(cloud, version) for cloud, version in versions.items()]

    def _lead(self, value: Sensitive, token: str) -> str:
        try:
            return self._stores[self._leader].write(value, token)
        except CloudError:
            for store in self._followers.values():
                with suppress(CloudError):
                    store.undo(token)
            raise

    def _follow(self, cloud: Cloud, store: FollowingStore, token: str) -> str:
        try:
            return store.finish(token)
        except CloudError as error:
            leader, follower = self._spec.scope(self._leader).title, self._spec.scope(cloud).title
            raise CloudError(
                f"{error} The value is current on {leader}; {follower} holds it too, and the rotator's sweep makes it "
                "current there within the hour."
            ) from None

    def _written(self, cloud: Cloud, version: str) -> Written:
        scope = self._spec.scope(cloud)
        readers = self._spec.secrets[self._name].readers_on(cloud)
        return Written(
            cloud=cloud,
            stored_as=scope.secret_name(self._name),
            version=version,
            readers={scope.reader_account(name): read_from(reader, [cloud]) for name, reader in readers.items()},
        )


def _require_manual(spec: EnvironmentSpec, name: str) -> None:
    rotator = declared(spec, name).rotation.rotator
    if rotator != "manual":
        raise KeysteadError(
            f"{spec.environment}: the rotator {rotator!r} makes the values of {name}, so none can be stored by hand. "
            f"After a leak, rotate it at once: keystead rotate {name} --env {spec.environment}. "
            "To provide its values by hand from now on, change its rotation.rotator to manual."
        )
