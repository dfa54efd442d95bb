"""The kinds of value that only AWS has: JSON documents, attributes kept as text, mappings sent as lists."""

import json
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.pulumi_provider.aws import documents
from keystead_sandbox.pulumi_provider.values.containers import Texts
from keystead_sandbox.pulumi_provider.values.scalars import Failures, Flag, Number, Text, Value, describe, is_empty


@dataclass(frozen=True)
class Document(Value):
    """JSON in a string; equal when it means the same. `policy` adds what IAM holds to be the same."""

    policy: bool = False

    def check(self, value: Any, path: str) -> Failures:
        """Refuse what is no JSON, by position only."""
        if not isinstance(value, str):
            yield path, f"expected JSON in a string, got {describe(value)}"
        elif value:
            problem = documents.problem(value)
            if problem:
                yield path, f"contains invalid JSON: {problem}"

    def decode(self, value: Any) -> Any:
        """Show JSON as text: boto parses the policies IAM returns."""
        return value if value is None or isinstance(value, str) else json.dumps(value)

    def same(self, old: Any, new: Any) -> bool:
        """Compare what the documents mean."""
        if is_empty(old) or is_empty(new):
            return is_empty(old) and is_empty(new)
        return bool(documents.meaning(old, policy=self.policy) == documents.meaning(new, policy=self.policy))


@dataclass(frozen=True)
class Attribute(Value):
    """A value that AWS keeps as text among a resource's attributes (SQS, SNS)."""

    inner: Value = field(default_factory=Text)

    def check(self, value: Any, path: str) -> Failures:
        """Check as the kind it stands for."""
        yield from self.inner.check(value, path)

    def encode(self, value: Any) -> Any:
        """Write booleans and numbers as text."""
        sent = self.inner.encode(value)
        return ("true" if sent else "false") if isinstance(sent, bool) else str(sent)

    def decode(self, value: Any) -> Any:
        """Read text as the kind it stands for."""
        if value in (None, ""):
            return None
        if isinstance(self.inner, Flag):
            return str(value).lower() == "true"
        if isinstance(self.inner, Number):
            return int(float(value))
        return self.inner.decode(value)

    def same(self, old: Any, new: Any) -> bool:
        """Compare as the kind it stands for."""
        return self.inner.same(old, new)


@dataclass(frozen=True)
class Pairs(Texts):
    """A mapping which AWS wants as a list of name and value."""

    name: str = "Name"
    content: str = "Value"

    def encode(self, value: Any) -> Any:
        """Send one entry per key, in a stable order."""
        return [{self.name: key, self.content: item} for key, item in sorted(value.items())]

    def decode(self, value: Any) -> Any:
        """Show the list as a mapping."""
        return {item[self.name]: item[self.content] for item in value or []}
