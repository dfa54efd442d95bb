"""The provider's own settings: those of the official provider, of which the sandbox acts on a few."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keystead_sandbox.pulumi_provider.schema import Failure
from keystead_sandbox.pulumi_provider.suggestions import did_you_mean
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, Value

_ENGINE = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})
_ENDPOINT = re.compile(r"[a-zA-Z0-9]+CustomEndpoint")
"""Names of the settings that move one API of Google; there are some two hundred."""


@dataclass(frozen=True)
class Settings:
    """The settings of one package; `used` are those with an effect, and what they take.

    Credentials and endpoints always come from the sandbox's registry. Of `exclusive` settings only one may be given.
    """

    package: str
    official: frozenset[str]
    used: Mapping[str, Value]
    exclusive: tuple[str, ...] = ()

    def check(self, news: Mapping[str, Any]) -> list[Failure]:
        """Return what is wrong with a provider's settings."""
        failures = [
            (name, f"the {self.package} provider has no setting {name!r}{did_you_mean(name, self.official)}")
            for name in news
            if name not in self.official | _ENGINE and not _ENDPOINT.fullmatch(name)
        ]
        given = [name for name in self.exclusive if news.get(name) is not None]
        failures += [(name, f"conflicts with {given[0]}") for name in given[1:]]
        for name in self.used.keys() & news.keys():
            value = parse(news[name])
            if value not in (None, UNKNOWN):
                failures += [(name, reason) for _, reason in self.used[name].check(value, name)]
        return failures


def parse(value: Any) -> Any:
    """Read a provider setting: the SDK sends everything but strings as JSON text."""
    if isinstance(value, str) and (value[:1] in {"[", "{"} or value in {"true", "false"}):
        return json.loads(value)
    return value
