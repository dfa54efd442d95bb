"""Secret Manager's methods over a dict: versions, aliases under an etag, checksums; breakable at every call."""

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from keystead.functions.shared.errors import ApiError
from keystead.functions.shared.google.crc32c import crc32c

from tests.components.functions.memory import World

NUMBER = "300000000003"
NAME = "prod-payments-api-key"
PATH = f"v1/projects/{NUMBER}/secrets/{NAME}"


class FakeSecretManager:
    """One secret; answers as the API does, or with its status."""

    def __init__(self, world: World, *, delay: bool = False) -> None:
        self._world = world
        self._delay = delay
        self.aliases: dict[str, str] = {}
        self.rotation: dict[str, str] | None = {"rotationPeriod": "7776000s"}
        self.changes = 0
        self.versions: dict[str, dict[str, Any]] = {}
        self.data: dict[str, bytes] = {}

    def value(self, alias: str) -> str | None:
        """What a reader gets."""
        number = self.aliases.get(alias)
        readable = number is not None and self.versions[number]["state"] == "ENABLED"
        return self.data[str(number)].decode() if readable else None

    def enabled(self) -> set[str]:
        return {number for number, version in self.versions.items() if version["state"] == "ENABLED"}

    def add(self, value: str) -> str:
        """Do what a person's `gcloud secrets versions add` does."""
        return str(
            self._add({"payload": {"data": base64.b64encode(value.encode()).decode()}})["name"].rpartition("/")[2]
        )

    def call(
        self,
        http: str,
        service: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        repeat: bool = True,
    ) -> dict[str, Any]:
        assert service == "secretmanager"
        assert repeat
        if path == PATH.rpartition("/")[0]:
            assert http == "GET"
            return self._world.call("GET :list", lambda: {"secrets": [self._secret()]})
        assert path.startswith(PATH)
        rest, _, verb = path.removeprefix(PATH).partition(":")
        number = rest.removeprefix("/versions").removeprefix("/")
        effects: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
            ("GET", ""): lambda: self._version(number) if number else self._listed(query) if rest else self._secret(),
            ("GET", "access"): lambda: self._access(number),
            ("PATCH", ""): lambda: self._patch(body or {}, query or {}),
            ("POST", "addVersion"): lambda: self._add(body or {}),
            ("POST", "disable"): lambda: self._end(number, body or {}, "DISABLED"),
            ("POST", "destroy"): lambda: self._end(number, body or {}, "DESTROYED"),
        }
        return self._world.call(f"{http} {'version' if rest else ''}:{verb}", effects[http, verb])

    def _secret(self) -> dict[str, Any]:
        rotation = {} if self.rotation is None else {"rotation": self.rotation}
        return {"name": PATH[3:], "etag": f'"{self.changes}"', "versionAliases": dict(self.aliases), **rotation}

    def _patch(self, body: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        assert query == {"updateMask": "versionAliases"}
        if body["etag"] != f'"{self.changes}"':
            raise ApiError("PATCH secretmanager.projects.secrets", 400, "FAILED_PRECONDITION")
        assert len(body["versionAliases"]) <= 50
        assert set(body["versionAliases"].values()) <= set(self.versions)
        self.aliases = dict(body["versionAliases"])
        self.changes += 1
        return self._secret()

    def _add(self, body: dict[str, Any]) -> dict[str, Any]:
        payload = body["payload"]
        data = base64.b64decode(payload["data"])
        assert payload.get("dataCrc32c", str(crc32c(data))) == str(crc32c(data))
        number = str(len(self.versions) + 1)
        self.data[number] = data
        made = self._world.now.isoformat().replace("+00:00", "Z")
        name = f"{PATH[3:]}/versions/{number}"
        self.versions[number] = {"name": name, "state": "ENABLED", "createTime": made, "etag": f'"{number}"'}
        return {**self.versions[number], "clientSpecifiedPayloadChecksum": True}

    def _version(self, number: str) -> dict[str, Any]:
        if number not in self.versions:
            raise ApiError("GET secretmanager.projects.secrets.versions", 404, "NOT_FOUND")
        return dict(self.versions[number])

    def _access(self, number: str) -> dict[str, Any]:
        if self._version(number)["state"] != "ENABLED":
            raise ApiError("GET secretmanager.projects.secrets.versions.access", 400, "FAILED_PRECONDITION")
        data = self.data[number]
        return {"payload": {"data": base64.b64encode(data).decode(), "dataCrc32c": str(crc32c(data))}}

    def _listed(self, query: Mapping[str, str] | None) -> dict[str, Any]:
        """Two versions a page, newest first."""
        start = int((query or {}).get("pageToken", "0"))
        found = [dict(version) for version in self.versions.values()][::-1]
        more = {"nextPageToken": str(start + 2)} if start + 2 < len(found) else {}
        return {"versions": found[start : start + 2], **more} if found else {}

    def _end(self, number: str, body: dict[str, Any], state: str) -> dict[str, Any]:
        version = self.versions[number]
        stale = body.get("etag") not in (None, version["etag"])
        if stale or (version["state"] == "DESTROYED"):
            raise ApiError(f"POST secretmanager.projects.secrets.versions.{state}", 400, "FAILED_PRECONDITION")
        assert number not in {self.aliases.get(label) for label in ("current", "previous", "pending")}
        if state == "DESTROYED" and self._delay:
            at = self._world.now + dt.timedelta(days=7)
            version["scheduledDestroyTime"] = at.isoformat()
            state = "DISABLED"
        version["state"] = state
        version["etag"] = f"{version['etag']}{state}"
        return dict(version)
