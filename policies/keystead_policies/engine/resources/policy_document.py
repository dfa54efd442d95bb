"""IAM policy documents as rules read them: statements with lists where AWS allows a single value."""

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keystead_policies.engine.resources.encoding import document
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Items, Values

_ACCOUNT = re.compile(r"^(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?:$|:)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy."""

    sid: str
    allows: bool
    actions: tuple[str, ...]
    """Empty where the statement has NotAction."""
    resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    """Kind (`AWS`, `Service`, `Federated`, `*`) and name."""
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Operator, key in lower case, values."""
    negated: bool
    """Whether it has NotAction, NotResource or NotPrincipal."""

    @property
    def label(self) -> str:
        """Name of the statement in messages."""
        return f"statement {self.sid!r}" if self.sid else "a statement without a Sid"

    @property
    def public(self) -> bool:
        """Whether it applies to all principals."""
        return any(name == "*" and kind in {"AWS", "*"} for kind, name in self.principals)

    @property
    def all_resources(self) -> bool:
        """Whether it applies to all resources."""
        return any(set(resource) == {"*"} for resource in self.resources)

    @property
    def all_actions(self) -> bool:
        """Whether it applies to all actions."""
        return any(set(action) == {"*"} or action == "*:*" for action in self.actions)

    def reaches_all(self, kind: str) -> bool:
        """Return whether it applies to all resources of a kind (`key`, `secret`, `role`) in some account and Region."""
        return any(_reaches_all(resource, kind) for resource in self.resources)

    def names(self, action: str) -> bool:
        """Return whether it covers an action, by name or wildcard; NotAction counts as covering it."""
        if not self.actions:
            return self.negated
        wanted = action.lower()
        return any(fnmatch.fnmatchcase(wanted, pattern.lower()) for pattern in self.actions)

    def condition(self, *keys: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return operator and values of each condition on one of these keys; `aws:tag/*` matches by prefix."""
        wanted = [key.lower() for key in keys]
        return [
            (operator, values)
            for operator, key, values in self.conditions
            if any(fnmatch.fnmatchcase(key, pattern) for pattern in wanted)
        ]

    def limited(self, *keys: str) -> bool:
        """Return whether a condition limits it to known values of one of these keys, and fails without the key."""
        found = self.condition(*keys)
        return any(_limits(operator) and not any(set(value) <= {"*"} for value in values) for operator, values in found)


def _limits(operator: str) -> bool:
    """Whether an operator fails where the condition key is missing or has another value."""
    open_ended = operator.startswith("ForAllValues:") or operator.endswith("IfExists") or operator == "Null"
    return not open_ended and "Not" not in operator


def identity_statements(identity: Resource) -> Iterator[Statement]:
    """Read the Allow statements of an identity policy, or of a role's inline policies."""
    holders = [identity.properties, *identity.properties.items_of("inlinePolicies")]
    for holder in holders:
        yield from (statement for statement in statements(holder, "policy") if statement.allows)


def statements(values: Values, key: str) -> list[Statement]:
    """Read the statements of the policy in a property."""
    policy = document(values, key)
    if "statements" not in policy.parsed:
        policy.parsed["statements"] = list(_statements(policy))
    found: list[Statement] = policy.parsed["statements"]
    return found


def _statements(policy: Values) -> Iterator[Statement]:
    for entry in policy.items_of("Statement"):
        if isinstance(entry, Values):
            yield Statement(
                sid=str(entry.get("Sid", "")),
                allows=entry.get("Effect") == "Allow",
                actions=tuple(_texts(entry.items_of("Action"))),
                resources=tuple(_texts(entry.items_of("Resource"))),
                principals=tuple(_principals(entry)),
                conditions=tuple(_conditions(entry.table("Condition"))),
                negated=any(entry.given(name) for name in ("NotAction", "NotResource", "NotPrincipal")),
            )


def account_of(principal: str) -> str:
    """Return the account of a principal, from its ARN or the bare account id; empty where there is none."""
    found = _ACCOUNT.match(principal)
    return found[1] if found else ""


def is_account(principal: str) -> bool:
    """Return whether a principal is a whole account."""
    return principal.endswith(":root") or principal.isdigit()


def _reaches_all(pattern: str, kind: str) -> bool:
    """Return whether a pattern of ARNs matches any name of a kind, in the account and Region that it names."""
    service, separator = {"key": ("kms", "/"), "secret": ("secretsmanager", ":"), "role": ("iam", "/")}[kind]
    parts = [part if part and not set(part) & set("*?") else "" for part in pattern.split(":")]
    partition, _, region, account = (*parts[1:5], "", "", "", "")[:4]
    own = f"arn:{partition or 'aws'}:{service}:{region}:{account}:{kind}{separator}"
    return all(fnmatch.fnmatchcase(f"{own}{name}", pattern) for name in ("q7x", "dev/y-2"))


def _text(value: object) -> str:
    """Return a condition value as AWS compares it: a boolean in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(items: Iterable[object]) -> Iterator[str]:
    return (item for item in items if isinstance(item, str))


def _principals(entry: Values) -> Iterator[tuple[str, str]]:
    found = entry.get("Principal")
    if isinstance(found, str):
        yield "*", found
    elif isinstance(found, Items):
        yield from (("AWS", name) for name in _texts(found))
    elif isinstance(found, Values):
        for kind in found:
            for name in _texts(found.items_of(kind)):
                yield kind, name


def _conditions(table: Values) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for operator in table:
        for key in table.table(operator):
            values = table.table(operator).items_of(key)
            yield operator, key.lower(), tuple(_text(value) for value in values)
