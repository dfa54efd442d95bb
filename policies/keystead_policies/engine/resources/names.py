"""Names of resources and the environments in them."""

import re
from collections.abc import Iterable


def says(name: str, environment: str) -> bool:
    """Return whether a name contains the environment as a whole word: `prod/data` and `data-prod`, not `product`."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(environment.lower())}(?![a-z0-9])", name.lower()))


def environment_of(name: str, environments: Iterable[str]) -> str:
    """Return the environment a name begins with, `prod/data` or `prod-data`, the longest that fits; empty for none."""
    own = name.split("/", 1)[0] if "/" in name else ""
    known = [each for each in environments if each == own or (not own and name.startswith(f"{each}-"))]
    return max(known, key=len, default="")
