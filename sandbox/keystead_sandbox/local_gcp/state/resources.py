"""Resources and the store that keeps them by name and by collection."""

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.encoding import encoded
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.state.kinds import KINDS, Kind

_numbers = itertools.count(1)


@dataclass(slots=True)
class Resource:
    """One resource: what its API shows in `body`, what is internal in `hidden`."""

    kind: Kind
    name: str
    body: Json
    hidden: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The name of the resource or location that it belongs to."""
        return self.name.rsplit("/", 2)[0]

    def touch(self, now: float) -> None:
        """Note a change: a new etag and updateTime where the kind has them. Source: AIP-154."""
        if "updateTime" in self.kind.fields:
            self.body["updateTime"] = timestamps.text(now)
        if "etag" in self.kind.fields:
            etag = f"{next(_numbers):x}{secrets.token_hex(3)}"
            in_bytes = self.kind.fields["etag"].get("format") == "byte"
            self.body["etag"] = encoded(etag.encode()) if in_bytes else f'"{etag}"'


class Store:
    """Resources by name, and by the collection they lie in."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}
        self._collections: dict[str, dict[str, Resource]] = {}

    def find(self, name: str) -> Resource | None:
        """A resource, None where there is none."""
        return self._resources.get(name)

    def holds(self, resource: Resource) -> bool:
        """Whether a resource is still there, and was not deleted and made anew."""
        return self._resources.get(resource.name) is resource

    def add(self, resource: Resource) -> Resource:
        """Keep a new resource."""
        self._resources[resource.name] = resource
        self._collections.setdefault(resource.name.rpartition("/")[0], {})[resource.name] = resource
        return resource

    def remove(self, resource: Resource) -> None:
        """Forget a resource and everything that lies in it."""
        del self._resources[resource.name]
        del self._collections[resource.name.rpartition("/")[0]][resource.name]
        for collection in [one for one in self._collections if one.startswith(f"{resource.name}/")]:
            for below in self._collections.pop(collection):
                self._resources.pop(below, None)

    def children(self, collection: str) -> list[Resource]:
        """What lies in a collection such as `projects/p/secrets`, oldest first."""
        return list(self._collections.get(collection, {}).values())

    def of_kind(self, key: str) -> Iterator[Resource]:
        """All resources of a kind."""
        last = f"/{KINDS[key].collection}"
        for collection, found in list(self._collections.items()):
            if collection.endswith(last):
                yield from (one for one in list(found.values()) if one.kind.key == key)
