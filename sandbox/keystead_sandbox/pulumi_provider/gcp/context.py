"""One request about one GCP resource, as calls and the hooks of the table see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.pulumi_provider import context
from keystead_sandbox.pulumi_provider.errors import CloudError, ProviderError
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Schema
from keystead_sandbox.pulumi_provider.gcp.sessions import Session
from keystead_sandbox.pulumi_provider.gcp.values import Named
from keystead_sandbox.pulumi_provider.previews import fill

ABSENT = frozenset({"NOT_FOUND", "404"})
"""What Google's APIs and Cloud Storage answer where there is nothing."""


@dataclass
class Context(context.Context[Session]):
    """What is declared, what was known, and what the cloud answered."""

    schema: Schema = field(kw_only=True)

    @property
    def version(self) -> str:
        """Where the resource's API begins: its version, below its name for Cloud Storage."""
        name, _, version = self.schema.api.partition(".")
        return f"storage/{version}" if name == "storage" else version

    def look(self, name: str) -> Any:
        """Find a name: a declared property, a part of the id, a known property, the provider's own setting."""
        for source in (self.inputs, self.schema.parts(self.id), self.state):
            if source.get(name) not in (None, ""):
                return self._bare(name, source[name])
        return self.session.fallback(name)

    def _bare(self, name: str, value: Any) -> Any:
        """Use by name what may be given by name or by path."""
        entry = self.schema.properties.get(name)
        if not isinstance(value, str):
            return value
        if entry and entry.local and isinstance(entry.kind, Named):
            return value.rpartition("/")[2]
        return value.removeprefix("projects/") if name == "project" else value

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
        """Return what is declared, with the provider's settings where they stand in."""
        fallbacks = {
            name: value
            for name, entry in self.schema.properties.items()
            if entry.fallback and (value := self.session.fallback(name)) is not None
        }
        return {**fallbacks, **{name: value for name, value in self.inputs.items() if name != "__defaults"}}

    def call(self, verb: str, path: str, body: Json | None = None, query: Mapping[str, Any] | None = None) -> Json:
        """Make a call to the resource's API, at a path below its version."""
        return self.session.client.call(verb, f"/{self.version}/{path}", body, query)

    def find(self, path: str) -> Json | None:
        """Get what is at a path, or None where there is nothing."""
        try:
            return self.call("GET", path)
        except CloudError as error:
            if error.code in ABSENT:
                return None
            raise

    def wait(self, operation: Json, shown: str) -> Json:
        """Wait for an operation of the resource's API, and return its response."""
        return self.session.client.wait(self.version, operation, shown)
