"""Resources and stacks as rules see them: types, names and properties, nothing of any program."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from keystead_policies.values import Values

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
    """Inputs of the provider that manages it; empty where they are not told."""
    protected: bool = False
    """Whether the engine refuses to delete it."""
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Property to the URNs of the resources its value comes from."""

    @property
    def stack(self) -> str:
        """Name of the stack, from the URN."""
        return self.urn.split(":", 3)[2] if self.urn.startswith("urn:pulumi:") and "::" in self.urn else ""

    @property
    def kind(self) -> str:
        """Last part of the type, for messages."""
        return self.type.rsplit(":", 1)[-1]


class Stack:
    """All resources of one stack, found by type."""

    def __init__(self, resources: list[Resource]) -> None:
        self.resources = resources
        self._indexes: dict[tuple[str, tuple[str, ...]], tuple[list[Resource], dict[str, list[int]]]] = {}

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            found[resource.type].append(resource)
        return found

    @cached_property
    def root(self) -> Resource:
        """The stack itself, which carries findings about no resource in particular."""
        named = next((resource.stack for resource in self.resources if resource.stack), "")
        return next(self.of(ROOT), Resource(ROOT, named, ""))

    def of(self, *types: str) -> Iterator[Resource]:
        """Return the resources of these types, in the program's order."""
        for kind in types:
            yield from self._by_type.get(kind, ())

    def named_by(self, used: Resource, key: str, *types: str) -> list[Resource]:
        """Return those of some types whose property names a resource: by dependency, or by its ARN, id or name."""
        told = [used.properties, used.identities]
        own = {text for values in told for name in _IDENTITIES if (text := _text(values, name))}
        users, named = self._users(key, types)
        return [users[place] for place in sorted({place for name in {used.urn, *own} for place in named.get(name, ())})]

    def _users(self, key: str, types: tuple[str, ...]) -> tuple[list[Resource], dict[str, list[int]]]:
        """Index those of some types by what their property names, so that a thousand are not compared in pairs."""
        if (key, types) not in self._indexes:
            users, named = list(self.of(*types)), defaultdict[str, list[int]](list)
            for place, user in enumerate(users):
                value = _text(user.properties, key)
                for name in {*user.references.get(key, ()), *([value] if value else [])}:
                    named[name].append(place)
            self._indexes[key, types] = users, named
        return self._indexes[key, types]


def _text(values: Values, key: str) -> str | None:
    """Return a property that is a text and known."""
    found = values.get(key) if values.known(key) else None
    return found if isinstance(found, str) else None
