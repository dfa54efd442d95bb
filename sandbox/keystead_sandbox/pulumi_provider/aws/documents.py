"""JSON documents compared by what they mean, as AWS compares policies."""

import json
import re
from typing import Any

_ROOT = re.compile(r"^arn:aws[a-z-]*:iam::(\d{12}):root$")
_UNORDERED = frozenset({"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated"})


def problem(text: str) -> str | None:
    """Return where a text stops being JSON, without quoting it; None when it is JSON."""
    try:
        json.loads(text)
    except ValueError as error:
        return f"line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "unreadable"
    return None


def meaning(text: str, *, policy: bool) -> Any:
    """Return a form which is equal for documents that mean the same."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    return _policy(document) if policy else document


def _policy(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    rest = {key: value for key, value in document.items() if key != "Statement"}
    return {**rest, "Statement": sorted((_statement(item) for item in statements), key=_order)}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    kept = {key: value for key, value in statement.items() if not (key == "Sid" and value == "")}
    return {key: _element(key, value) for key, value in kept.items()}


def _element(key: str, value: Any) -> Any:
    if key in {"Principal", "NotPrincipal"}:
        return _principal(value)
    if key == "Condition" and isinstance(value, dict):
        return {operator: _condition(test) for operator, test in value.items()}
    return _several(value) if key in _UNORDERED else value


def _principal(value: Any) -> Any:
    if value == "*":
        return {"AWS": ["*"]}
    if isinstance(value, dict):
        return {kind: [_account(name) for name in _several(names)] for kind, names in value.items()}
    return value


def _account(name: Any) -> Any:
    match = _ROOT.match(name) if isinstance(name, str) else None
    return match.group(1) if match else name


def _condition(test: Any) -> Any:
    return {key.lower(): _several(value) for key, value in test.items()} if isinstance(test, dict) else test


def _several(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return sorted((_scalar(item) for item in items), key=str)


def _scalar(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _order(statement: Any) -> str:
    return json.dumps(statement, sort_keys=True)
