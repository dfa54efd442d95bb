"""Names of resources and the environments in them."""

import re


def says(name: str, environment: str) -> bool:
    """Tell whether a name has the environment as a word of its own: `prod/data` and `data-prod`, not `product`."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(environment.lower())}(?![a-z0-9])", name.lower()))
