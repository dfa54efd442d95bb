"""Resources and stacks as rules read them: types, names and properties."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from keystead_policies.engine.resources.values import NotKnownYet, Values

T = TypeVar("T")

ROOT = "pulumi:pulumi:Stack"
"""Type of the resource that stands for the stack itself."""

_IDENTITIES = ("arn", "id", "keyId", "name", "secretId", "functionName")
"""Properties by which other resources name one."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack, planned or deployed."""

    type: str
    """Type token, such as `aws:kms/key:Key`."""
    name: str
    """Last part of the URN: the name in the program."""
    urn: str
    """Identity in the stack; findings and waivers name it."""
    properties: Values = field(default_factory=lambda: Values({}))
    """Inputs, as the provider checked them; in rules over a running stack, outputs."""
    identities: Values = field(default_factory=lambda: Values({}))
    """Its ARN, id and name in the cloud, where properties are inputs."""
    provider: Values = field(default_factory=lambda: Values({}))
    """Inputs of the provider that manages it; empty where they are not known."""
    protected: bool = False
    """Whether the engine refuses to delete it."""
    managed: bool = True
    """Whether a provider manages it; a component has none."""
    external: bool = False
    """Whether the stack only reads it; such a resource is not evaluated."""
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Property to the URNs of the resources its value comes from."""

    @property
    def stack(self) -> str:
        """Name of the stack, from the URN."""
        return self.urn.split(":", 3)[2] if self.urn.startswith("urn:pulumi:") and "::" in self.urn else ""

    @property
    def package(self) -> str:
        """Package of the type, `aws` for `aws:kms/key:Key`."""
        return self.type.partition(":")[0]

    @property
    def kind(self) -> str:
        """Last part of the type, for messages."""
        return self.type.rsplit(":", 1)[-1]


class Stack:
    """All resources of one stack, found by type."""

    def __init__(self, resources: list[Resource]) -> None:
        self.resources = resources
        self._derived: dict[Callable[[Stack], Any], Any] = {}
        self._indexes: dict[tuple[str, tuple[str, ...]], tuple[list[Resource], dict[str, list[int]]]] = {}

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            found[resource.type].append(resource)
        return found

    @cached_property
    def root(self) -> Resource:
        """The stack itself, on which findings about no single resource are reported; from a URN where it is missing."""
        if found := next(self.of(ROOT), None):
            return found
        urn = next((resource.urn for resource in self.resources if resource.stack), "")
        if not urn:
            return Resource(ROOT, "", "")
        stack, project = urn.split("::")[:2]
        name = f"{project}-{stack.removeprefix('urn:pulumi:')}"
        return Resource(ROOT, name, f"{stack}::{project}::{ROOT}::{name}")

    def derived(self, build: Callable[["Stack"], T]) -> T:
        """Return what a function makes of the whole stack, made once for all resources that a rule is evaluated on."""
        if build not in self._derived:
            try:
                self._derived[build] = build(self)
            except NotKnownYet as missing:
                self._derived[build] = missing
        if isinstance(self._derived[build], NotKnownYet):
            raise self._derived[build]
        found: T = self._derived[build]
        return found

    def of(self, *types: str) -> Iterator[Resource]:
        """Return the resources of these types, in the program's order."""
        for kind in types:
            yield from self._by_type.get(kind, ())

    def named_by(self, used: Resource, key: str, *types: str) -> list[Resource]:
        """Return the resources of some types whose property refers to a resource: by dependency, ARN, id or name."""
        return self._found(_names(used), key, types, lambda user: _named(user, key))

    def named_in(self, user: Resource, key: str, *types: str) -> list[Resource]:
        """Return the resources of some types that a resource's property refers to: by dependency, ARN, id or name."""
        return self._found(_named(user, key), "", types, _names)

    def _found(
        self, names: set[str], key: str, types: tuple[str, ...], names_of: Callable[[Resource], set[str]]
    ) -> list[Resource]:
        """Look names up in an index that is built once, so that the time stays linear in the number of resources."""
        resources, places = self._indexes.get((key, types), ([], {}))
        if not resources:
            resources = list(self.of(*types))
            for place, resource in enumerate(resources):
                for name in names_of(resource):
                    places.setdefault(name, []).append(place)
            self._indexes[key, types] = resources, places
        return [resources[place] for place in sorted({place for name in names for place in places.get(name, ())})]


def _names(used: Resource) -> set[str]:
    """Return everything by which other resources can refer to a resource."""
    told = (_text(values, name) for values in (used.properties, used.identities) for name in _IDENTITIES)
    return {used.urn, *filter(None, told)}


def _named(user: Resource, key: str) -> set[str]:
    """Return everything a property refers to: the resources its value depends on, and the value itself."""
    return {*user.references.get(key, ()), *filter(None, [_text(user.properties, key)])}


def _text(values: Values, key: str) -> str | None:
    """Return a property that is a known string, else None."""
    found = values.get(key) if values.known(key) else None
    return found if isinstance(found, str) else None
