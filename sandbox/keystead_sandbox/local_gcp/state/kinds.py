"""The kinds of resources the sandbox keeps: what names them, what may change, and Google's messages about them.

kinds.yaml holds what Google's discovery documents do not say; fields and times come from there.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from keystead_sandbox.common import discovery


@dataclass(frozen=True)
class Kind:
    """One collection of one API."""

    key: str
    """API and last collection of its names, such as `secretmanager.secrets`."""
    schema: str
    """Its schema in the discovery document."""
    version: str
    pattern: str = r"[a-zA-Z0-9_-]{1,255}"
    """What the last part of its names looks like."""
    fixed: tuple[str, ...] = ()
    """Fields that cannot change after creation."""
    exists: str = "Resource '{name}' already exists"
    missing: str = "Resource '{name}' was not found"
    message: str = ""
    """The protocol buffer in the response of its long-running operations, where it has them."""
    short: bool = False
    """The API shows the last part of the name only."""
    type: str = ""
    """Its type in IAM conditions; the API's host name and the schema unless it is given."""

    @property
    def api(self) -> str:
        """The API it belongs to."""
        return self.key.partition(".")[0]

    @property
    def collection(self) -> str:
        """The last collection of its names."""
        return self.key.partition(".")[2]

    @property
    def resource_type(self) -> str:
        """What conditions see as `resource.type`."""
        return f"{self.api}.googleapis.com/{self.type or self.schema}"

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The fields of its schema."""
        return discovery.fields(f"{self.api}.{self.version}", self.schema)


def matches(kind: Kind, identifier: str) -> bool:
    """Whether an identifier is one that the kind takes."""
    return re.fullmatch(kind.pattern, identifier) is not None


def _read() -> dict[str, Kind]:
    versions = dict(api.split(".") for api in discovery.APIS)
    table: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("kinds.yaml").read_text())
    kinds = {}
    for api, group in table.items():
        shared = group.pop("all", {})
        for collection, given in group.items():
            one = {**shared, **given}
            fixed = tuple(one.pop("fixed", ()))
            kinds[f"{api}.{collection}"] = Kind(f"{api}.{collection}", version=versions[api], fixed=fixed, **one)
    return kinds


KINDS = _read()


def kind_at(api: str, name: str) -> Kind | None:
    """The kind of a resource of an API, by the last collection in its name."""
    parts = name.split("/")
    return KINDS.get(f"{api}.{parts[-2]}") if len(parts) > 1 else None
