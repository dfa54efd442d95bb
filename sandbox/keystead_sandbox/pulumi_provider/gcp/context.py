"""One request about one GCP resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.gcp.resource import Json, Resource, fill
from keystead_sandbox.pulumi_provider.gcp.sessions import Session
from keystead_sandbox.pulumi_provider.gcp.values import Named
from keystead_sandbox.pulumi_provider.values import Value


@dataclass
class Context:
    """What is declared, what was known, and what the cloud answered."""

    resource: Resource
    session: Session
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    record: Json = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Where the resource's API begins: its version, below its name for Cloud Storage."""
        name, _, version = self.resource.api.partition(".")
        return f"storage/{version}" if name == "storage" else version

    def look(self, name: str) -> Any:
        """Find a name: a declared property, a part of the id, a known property, the provider's own setting."""
        for source in (self.inputs, self.resource.parts(self.id), self.state):
            if source.get(name) not in (None, ""):
                entry = self.resource.properties.get(name)
                return _last(entry.kind if entry and entry.local else None, _bare(name, source[name]))
        return self.session.fallback(name)

    def require(self, name: str) -> Any:
        """Find a name that a call cannot do without."""
        found = self.look(name)
        if found in (None, ""):
            raise ProviderError(f"{name}: required field is not set, here or in the provider's configuration")
        return found

    def fill(self, template: str) -> str:
        """Fill a template for a call."""
        return fill(template, self.require)

    def effective(self) -> dict[str, Any]:
        """Return the declared inputs with the provider's settings where they stand in."""
        fallbacks = {
            name: value
            for name, entry in self.resource.properties.items()
            if entry.fallback and (value := self.session.fallback(name)) is not None
        }
        return {**fallbacks, **self.inputs}

    def call(self, verb: str, path: str, body: Json | None = None, query: Mapping[str, Any] | None = None) -> Json:
        """Make a call to the resource's API, at a path below its version."""
        return self.session.client.call(verb, f"/{self.version}/{path}", body, query)


def _bare(name: str, value: Any) -> Any:
    """A project may be given as projects/ID."""
    return value.removeprefix("projects/") if name == "project" and isinstance(value, str) else value


def _last(kind: Value | None, value: Any) -> Any:
    """What may be given by name or by path is used by name."""
    return value.rpartition("/")[2] if isinstance(kind, Named) and isinstance(value, str) else value
