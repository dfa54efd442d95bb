"""Values made of others: mappings and lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, Failures, Text, Value, describe


@dataclass(frozen=True)
class Texts(Value):
    """A mapping from strings to strings."""

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what maps anything but strings."""
        if not isinstance(value, Mapping):
            yield path, f"expected an object of strings, got {describe(value)}"
            return
        for key, item in value.items():
            if not isinstance(item, str):
                yield f"{path}.{key}", f"expected a string, got {describe(item)}"


@dataclass(frozen=True)
class Listing(Value):
    """A list of one kind; a set when `unordered`."""

    item: Value = field(default_factory=Text)
    unordered: bool = False
    most: int | None = None

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no list, too long, or holds a wrong item."""
        if not isinstance(value, list):
            yield path, f"expected a list, got {describe(value)}"
            return
        if self.most is not None and len(value) > self.most:
            yield path, f"expected at most {self.most} items, got {len(value)}"
        for index, entry in enumerate(value):
            if entry != UNKNOWN:
                yield from self.item.check(entry, f"{path}[{index}]")

    def encode(self, value: Any) -> Any:
        """Encode each item."""
        return [self.item.encode(entry) for entry in value]

    def decode(self, value: Any) -> Any:
        """Decode each item."""
        return [self.item.decode(entry) for entry in value or []]

    def same(self, old: Any, new: Any) -> bool:
        """Compare item by item, in any order for a set."""
        olds, news = list(old or []), list(new or [])
        if len(olds) != len(news):
            return False
        if not self.unordered:
            return all(self.item.same(*pair) for pair in zip(olds, news, strict=True))
        for wanted in news:
            match = next((index for index, held in enumerate(olds) if self.item.same(held, wanted)), None)
            if match is None:
                return False
            olds.pop(match)
        return True

    def prefer(self, held: Any, given: Any) -> Any:
        """Keep the given order and spellings."""
        if not given or not held or not self.same(held, given):
            return super().prefer(held, given)
        found = [next(entry for entry in held if self.item.same(entry, wanted)) for wanted in given]
        return [self.item.prefer(*pair) for pair in zip(found, given, strict=True)]
