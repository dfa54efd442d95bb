"""AWS accounts that a provider is limited to."""

from keystead_policies.engine.resources.encoding import document
from keystead_policies.engine.resources.values import Items, Values


def accounts_of(properties: Values) -> list[str]:
    """Return the entries of `allowedAccountIds`, which provider inputs hold as JSON text."""
    found = properties.get("allowedAccountIds")
    if isinstance(found, str):
        parsed = document(Values({"list": f'{{"entries": {found}}}'}), "list").items_of("entries")
        return [str(entry) for entry in parsed]
    return [str(entry) for entry in found] if isinstance(found, Items) else []
