"""One request about one AWS resource, as calls and the hooks of the table see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.pulumi_provider import context
from keystead_sandbox.pulumi_provider.aws.sessions import Session


@dataclass
class Context(context.Context[Session]):
    """What is declared, what was known, and what AWS answered so far; `parts` takes an id apart."""

    parts: Callable[[str], Mapping[str, str]] = lambda _: {}

    @property
    def region(self) -> str:
        """The region this resource lives in: its own, else the provider's."""
        return self.inputs.get("region") or self.state.get("region") or self.session.region

    def look(self, name: str) -> Any:
        """Find a name: the id, a declared property, an AWS answer, a part of the id, or a known property."""
        if name == "id":
            return self.id
        if name in {"region", "account"}:
            return self.region if name == "region" else self.session.account
        for source in (self.inputs, self.record, self.state, self.parts(self.id)):
            if source.get(name) is not None:
                return source[name]
        return None

    def merged_tags(self) -> dict[str, str]:
        """Return the tags a resource carries: its own over the provider's default ones."""
        own = self.inputs.get("tags")
        return {**self.session.default_tags, **(own if isinstance(own, Mapping) else {})}

    def client(self, service: str) -> Any:
        """Return the client of a service in the resource's region."""
        return self.session.client(service, self.region)
