"""The secret store of GCP, Secret Manager: used on GCP itself and, for mirrored secrets, from AWS.

Every move of a label is one patch of the secret's aliases under its etag. A version without a label is an orphan: left
by a killed attempt, by a lost race, or retired. Values are read by number, which Google answers consistently; aliases
may lag behind (Secret Manager, "Resource consistency"), and a patch on an old state is then refused by its etag.
"""

import base64
import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from keystead.functions.shared import clock
from keystead.functions.shared.errors import ApiError, CorruptedError, LabelMovedError
from keystead.functions.shared.google.calls import ApiCalls
from keystead.functions.shared.google.crc32c import crc32c
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.gcp_labels import CURRENT, PENDING, PREVIOUS, GcpLabels
from keystead.functions.stores.store import ListedSecret, SecretState, portable

ORPHANED = dt.timedelta(hours=1)
"""Age from which a version without a label cannot belong to a running attempt: no function runs that long."""

_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 0.0)
"""Seconds between attempts to change aliases that others change too, or whose changes Google shows late."""


Change = Callable[[GcpLabels], GcpLabels]


class GcpSecretStore:
    """The secrets of one project, called by its number, as events and conditions name it."""

    def __init__(self, api: ApiCalls, number: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._api = api
        self._number = number
        self._pause = pause

    def listed(self, secrets: Collection[str]) -> Mapping[str, ListedSecret]:
        """Ask for 500 secrets a call; versions are looked at where the labels say that there may be some to end."""
        found = {str(entry["name"]).rpartition("/")[2]: entry for entry in self._pages("secrets", "500")}
        return {name: _listed(entry) for name, entry in found.items() if name in secrets}

    def state(self, secret: str) -> SecretState:
        """Return the labels; rotation is on while the secret has a rotation schedule."""
        found = self._secret(secret)
        return GcpLabels.of(found).state(enabled="rotation" in found)

    def current_since(self, secret: str) -> dt.datetime | None:
        """Return when the version became current; now, where somebody else labelled it without recording the time."""
        labels = GcpLabels.of(self._secret(secret))
        return (labels.since() or clock.now()) if labels.bearer(CURRENT) else None

    def read(self, secret: str, version: str) -> Sensitive | None:
        """Return the version's text, base64 of its bytes where it is binary, None where it is not enabled."""
        number = GcpLabels.of(self._secret(secret)).number(version)
        return None if number is None else self._access(secret, number)

    def write(self, secret: str, version: str, value: Sensitive, seen: SecretState) -> bool:
        """Add a version, then label it; one that lost the race is destroyed again."""
        labels = GcpLabels.of(self._secret(secret))
        before = labels.number(version)
        if before is not None and self._enabled(secret, before):
            return False
        _check(secret, labels, seen)
        number = self._add(secret, value)

        def label(now: GcpLabels) -> GcpLabels:
            there = now.number(version)
            if there in (before, None):
                _check(secret, now, seen)
                return now.written(version, number)
            return now

        try:
            taken = self._change(secret, label).number(version)
        except LabelMovedError:
            self._destroy(secret, number)
            raise
        if taken != number:
            self._destroy(secret, number)
        return taken == number

    def seed(self, secret: str, version: str, value: Sensitive) -> None:
        """Add a version and label it current, unless another one is meanwhile; the sweep destroys what lost."""
        number = self._add(secret, value)

        def label(now: GcpLabels) -> GcpLabels:
            return now if CURRENT in now.numbers else now.seeded(version, number, clock.now())

        self._change(secret, label)

    def promote(self, secret: str, version: str, current: str | None) -> None:
        """Move both labels in one step, unless `current` is not current any more."""

        def move(now: GcpLabels) -> GcpLabels:
            if now.number(version) is None:
                raise LabelMovedError(f"{secret}: version {version} is gone")
            if now.number(version) == now.numbers.get(CURRENT):
                return now
            if now.bearer(CURRENT) != (None if current is None else _known(current)):
                raise LabelMovedError(f"{secret}: the label {CURRENT} has moved meanwhile")
            return now.moved(version, current, clock.now())

        self._change(secret, move)

    def relabel(self, secret: str, current: str, previous: str | None, seen: SecretState) -> None:
        """Put both labels on these versions; LabelMovedError if they moved since `seen`."""

        def move(now: GcpLabels) -> GcpLabels:
            _check(secret, now, seen)
            return now.moved(current, previous, clock.now())

        self._change(secret, move)

    def discard(self, secret: str, version: str) -> None:
        """Take the pending label off the version; the sweep destroys it."""
        self._change(secret, lambda now: now.without(PENDING, version))

    def retire(self, secret: str, version: str) -> None:
        """Take the label off, then disable the version, so that its number gives no value either."""
        number = GcpLabels.of(self._secret(secret)).number(version)
        labels = self._change(secret, lambda now: now.without(PREVIOUS, version))
        if number is not None and number not in labels.labelled():
            self._on_version(secret, number, "disable", {})

    def align(self, secret: str) -> None:
        """Do nothing: this store follows no other."""

    def tidy(self, secret: str, *, unattended: bool) -> None:
        """Destroy retired versions and orphans; where people bring values, orphans older than the current one only.

        The destruction is delayed by the secret's own versionDestroyTtl.
        """
        versions = dict(self._versions(secret))
        ended = {number for number, version in versions.items() if _is_ended(version)}

        def leftovers(labels: GcpLabels) -> frozenset[str]:
            current = int(labels.numbers.get(CURRENT, 0))
            return frozenset(
                number
                for number, version in versions.items()
                if number not in labels.labelled() and _is_leftover(version, unattended or int(number) < current)
            )

        def clean(now: GcpLabels) -> GcpLabels:
            noted = now.noted(clock.now())
            return noted.forgotten(leftovers(noted) | (ended - noted.labelled()))

        for number in sorted(leftovers(self._change(secret, clean)), key=int):
            self._destroy(secret, number, versions[number].get("etag", ""))

    def _change(self, secret: str, change: Change) -> GcpLabels:
        """Change the newest aliases under the secret's etag; return what they are afterwards."""
        for pause in _PAUSES:
            found = self._secret(secret)
            before = GcpLabels.of(found)
            after = change(before)
            if after.numbers == before.numbers:
                return before
            body = {"versionAliases": dict(after.numbers), "etag": found.get("etag", "")}
            mask = {"updateMask": "versionAliases"}
            try:
                return GcpLabels.of(self._api.call("PATCH", "secretmanager", self._path(secret), body, query=mask))
            except ApiError as error:
                if error.status not in ("FAILED_PRECONDITION", "ABORTED"):
                    raise
                refused = error
            self._pause(pause)
        raise refused

    def _secret(self, secret: str) -> dict[str, Any]:
        return self._api.call("GET", "secretmanager", self._path(secret))

    def _add(self, secret: str, value: Sensitive) -> str:
        data = value.reveal().encode()
        payload = {"data": base64.b64encode(data).decode(), "dataCrc32c": str(crc32c(data))}
        made = self._api.call("POST", "secretmanager", f"{self._path(secret)}:addVersion", {"payload": payload})
        if not made.get("clientSpecifiedPayloadChecksum"):
            raise CorruptedError(f"{secret}: Secret Manager did not confirm the value's checksum")
        return str(made["name"]).rpartition("/")[2]

    def _access(self, secret: str, number: str) -> Sensitive | None:
        path = f"{self._path(secret)}/versions/{number}"
        try:
            payload = self._api.call("GET", "secretmanager", f"{path}:access")["payload"]
        except ApiError as error:
            if error.code == 404 or (error.code == 400 and not self._enabled(secret, number)):
                return None
            raise
        data = base64.b64decode(payload["data"])
        if crc32c(data) != int(payload["dataCrc32c"]):
            raise CorruptedError(f"{secret}: the value of version {number} arrived damaged")
        try:
            return Sensitive(data.decode())
        except UnicodeDecodeError:
            return Sensitive(base64.b64encode(data).decode())

    def _enabled(self, secret: str, number: str) -> bool:
        try:
            found = self._api.call("GET", "secretmanager", f"{self._path(secret)}/versions/{number}")
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        return found.get("state") == "ENABLED"

    def _destroy(self, secret: str, number: str, etag: str = "") -> None:
        self._on_version(secret, number, "destroy", {"etag": etag} if etag else {})

    def _on_version(self, secret: str, number: str, verb: str, body: dict[str, Any]) -> None:
        """Disable or destroy a version unless it has changed since; then the next sweep looks at it again."""
        try:
            self._api.call("POST", "secretmanager", f"{self._path(secret)}/versions/{number}:{verb}", body)
        except ApiError as error:
            if error.status not in ("FAILED_PRECONDITION", "NOT_FOUND"):
                raise

    def _versions(self, secret: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for version in self._pages(f"secrets/{secret}/versions", "250"):
            yield str(version["name"]).rpartition("/")[2], version

    def _pages(self, path: str, size: str) -> Iterator[dict[str, Any]]:
        """Yield everything in a collection of the project."""
        page = {"pageSize": size}
        while True:
            answer = self._api.call("GET", "secretmanager", f"v1/projects/{self._number}/{path}", query=page)
            yield from answer.get(path.rpartition("/")[2], [])
            if not answer.get("nextPageToken"):
                return
            page = {"pageSize": size, "pageToken": answer["nextPageToken"]}

    def _path(self, secret: str) -> str:
        return f"v1/projects/{self._number}/secrets/{secret}"


def _known(token: str) -> str:
    return token if token.startswith("version-") else portable(token)


def _check(secret: str, labels: GcpLabels, seen: SecretState) -> None:
    if (labels.bearer(CURRENT), labels.bearer(PENDING)) != (seen.current, seen.pending):
        raise LabelMovedError(f"{secret}: another rotation has moved the labels meanwhile")


def _listed(entry: Mapping[str, Any]) -> ListedSecret:
    labels = GcpLabels.of(entry)
    state = labels.state(enabled="rotation" in entry)
    return ListedSecret(state, labels.since(), labels.untidy(clock.now()))


def _is_ended(version: dict[str, Any]) -> bool:
    """Return whether a version gives no value any more, or will not once its time has come."""
    return version.get("state") == "DESTROYED" or bool(version.get("scheduledDestroyTime"))


def _is_leftover(version: dict[str, Any], may_be_orphan: bool) -> bool:
    if version.get("state") == "DISABLED":
        return not version.get("scheduledDestroyTime")
    made = dt.datetime.fromisoformat(version["createTime"])
    return version.get("state") == "ENABLED" and may_be_orphan and clock.now() - made >= ORPHANED
