"""What the table says of a resource type, whatever its cloud."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from keystead_sandbox.pulumi_provider.errors import UnsupportedError
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values.scalars import Value

Failure = tuple[str, str]
"""A property's path and what is wrong with it."""


@dataclass(frozen=True)
class Nested:
    """What cannot be derived of one field of a block. `member` is the cloud's name where it differs.

    `computed`: the cloud fills it in where it is not given; `made`: the cloud fills it in, and nobody else. `present`:
    an empty block means something. `keep`: sent when empty too. `refused`: the sandbox does not serve it.
    """

    member: str = ""
    kind: Value | None = None
    default: Any = None
    computed: bool = False
    made: bool = False
    unordered: bool = False
    present: bool = False
    keep: bool = False
    refused: bool = False


FILLED, MADE, UNSERVED = Nested(computed=True), Nested(made=True), Nested(refused=True)
Fields = Mapping[str, Nested]
"""Exceptions by dotted path below a property; a property's own is at the empty path."""


def below(nested: Fields, name: str) -> Fields:
    """Return the exceptions of one field and of those below it."""
    return {path.partition(".")[2]: entry for path, entry in nested.items() if path.partition(".")[0] == name and path}


@dataclass(frozen=True, kw_only=True)
class Property:
    """What every property has: its kind where it cannot be derived, and what a change of it means.

    `required` beyond what the official SDK says. `computed`: not declaring it keeps what the cloud holds. `nested` has
    the exceptions of the fields of a block.
    """

    kind: Value | None = None
    nested: Fields = field(default_factory=dict)
    default: Any = None
    required: bool = False
    unordered: bool = False
    replace: bool | Callable[[Any, Any], bool] = False
    computed: bool = False

    def replaces(self, old: Any, new: Any) -> bool:
        """Whether a change of it needs another resource."""
        return self.replace if isinstance(self.replace, bool) else self.replace(old, new)


PropertyT = TypeVar("PropertyT", bound=Property)


def completed(special: Mapping[str, PropertyT], plain: PropertyT, names: Mapping[str, bool]) -> dict[str, PropertyT]:
    """Return every named property: as it is in `special`, else `plain`; required where either says so."""
    found = {name: special.get(name, plain) for name in names}
    return {name: replace(entry, required=entry.required or names[name]) for name, entry in found.items()}


@dataclass(frozen=True, kw_only=True)
class Schema(ABC):
    """One resource type.

    `predicted` are templates of outputs that a preview knows. `volatile` are outputs that a preview of an update
    does not know when one of the given properties changes, or any where none is given. `verify` returns what is wrong
    between properties. `refused` are properties of the official provider that the sandbox does not serve.
    """

    type: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    predicted: Mapping[str, str] = field(default_factory=dict)
    volatile: Mapping[str, Collection[str]] = field(default_factory=dict)
    name: Autoname | None = None
    verify: Callable[[Mapping[str, Any]], list[Failure]] = lambda _: []
    refused: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    @property
    @abstractmethod
    def properties(self) -> Mapping[str, Any]:
        """Every property with what the table says of it."""

    @property
    @abstractmethod
    def kinds(self) -> Mapping[str, Value]:
        """The kind of every property."""

    @property
    def accepted(self) -> Mapping[str, Value]:
        """The kind of everything that may be declared."""
        return self.kinds


SchemaT = TypeVar("SchemaT", bound=Schema)


class Table(dict[str, SchemaT]):
    """The resource types of one cloud by their type tokens."""

    def __init__(self, *groups: Iterable[SchemaT]) -> None:
        super().__init__({entry.type: entry for group in groups for entry in group})

    def find(self, type_name: str) -> SchemaT:
        """Return a type's line of the table; any other type is refused by name."""
        if type_name not in self:
            raise UnsupportedError(
                f"the sandbox cannot make {type_name}; its table holds {', '.join(sorted(self))}"
                f"{did_you_mean(type_name, self)}"
            )
        return self[type_name]
