"""Cloud Storage buckets and their objects, each with its generations. Source: guide, "Object Versioning"."""

import time
from dataclasses import dataclass, field

from keystead_sandbox.local_gcp.api.errors import Json, not_found
from keystead_sandbox.local_gcp.api.fields import reach


@dataclass(slots=True)
class Bucket:
    """A bucket and the project it belongs to."""

    project: str
    body: Json

    @property
    def name(self) -> str:
        """Its name in allow policies."""
        return f"projects/{self.project}/buckets/{self.body['name']}"

    @property
    def keeps_versions(self) -> bool:
        """Whether older generations of its objects stay."""
        return bool(reach(self.body, "versioning.enabled"))


@dataclass(slots=True)
class Item:
    """One generation of an object."""

    body: Json
    data: bytes = field(repr=False)


class Storage:
    """All buckets and objects of the cloud; the last item of an object is the live one, unless it was deleted."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._items: dict[tuple[str, str], list[Item]] = {}
        self._last = 0

    def bucket(self, name: str) -> Bucket:
        """A bucket that must be there."""
        found = self.buckets.get(name)
        if found is None:
            raise not_found("The specified bucket does not exist.")
        return found

    def generation(self) -> int:
        """A new generation: microseconds, and never the same twice."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last

    def put(self, bucket: str, name: str, item: Item) -> None:
        """Make an item the live one; the one before stays where versions are kept."""
        items = self._items.setdefault((bucket, name), [])
        if not self._keeps_versions(bucket):
            items.clear()
        elif items:
            items[-1].body.setdefault("timeDeleted", item.body["timeCreated"])
        items.append(item)

    def find(self, bucket: str, name: str, generation: str = "") -> Item | None:
        """The live item of an object, or a given generation."""
        for item in reversed(self._items.get((bucket, name), [])):
            if generation == item.body["generation"] or (not generation and "timeDeleted" not in item.body):
                return item
        return None

    def remove(self, bucket: str, name: str, item: Item, *, deleted: str = "") -> None:
        """Delete an item for good; or, with the time of the deletion, as a bucket that keeps versions does."""
        if deleted and self._keeps_versions(bucket):
            item.body["timeDeleted"] = deleted
            return
        items = self._items[bucket, name]
        items.remove(item)
        if not items:
            del self._items[bucket, name]

    def items(self, bucket: str, *, versions: bool = False) -> list[Item]:
        """The items of a bucket by name, without the older versions unless they are asked for."""
        found = [item for key in sorted(self._items) if key[0] == bucket for item in self._items[key]]
        return [item for item in found if versions or "timeDeleted" not in item.body]

    def _keeps_versions(self, bucket: str) -> bool:
        return bucket in self.buckets and self.buckets[bucket].keeps_versions
