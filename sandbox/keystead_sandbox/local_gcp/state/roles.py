"""Predefined roles and the permissions in them, read from roles.yaml."""

from functools import cache
from pathlib import Path

import yaml


@cache
def predefined() -> dict[str, frozenset[str]]:
    """Role name -> permissions; one that ends in `*` is a prefix."""
    table: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("roles.yaml").read_text())
    return {f"roles/{name}": _permissions(table, name) for name in table}


def _permissions(table: dict[str, dict[str, str]], name: str) -> frozenset[str]:
    found = {
        f"{resource}.{action}"
        for resource, actions in table[name].items()
        if resource != "includes"
        for action in actions.split()
    }
    return frozenset(found | (_permissions(table, table[name]["includes"]) if "includes" in table[name] else set()))


@cache
def holds(role: str, permission: str) -> bool:
    """Whether a predefined role holds a permission."""
    held = predefined().get(role, frozenset())
    return permission in held or any(one.endswith("*") and permission.startswith(one[:-1]) for one in held)
