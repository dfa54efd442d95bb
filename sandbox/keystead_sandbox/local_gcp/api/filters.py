"""List filters: comparisons on fields, AND, OR, NOT and parentheses.

Source: AIP-160 and the Secret Manager guide, "Filter lists": `name:prod AND labels.env=dev`, `state:ENABLED`.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.api.fields import reach

Test = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>AND|OR|NOT)\b|(?P<minus>-)|"""
    r"""hasPrefix\(\s*(?P<begins>[\w./@-]+)\s*,\s*(?P<prefix>"(?:\\.|[^"\\])*")\s*\)|"""
    r"""(?P<field>[\w./@-]*?)\s*(?P<op>!=|<=|>=|=~|!~|:|=|<|>)\s*(?P<value>"(?:\\.|[^"\\])*"|[^\s()]+)|(?P<bare>"[^"]*"|[^\s()]+))"""
)


@lru_cache(maxsize=1024)
def compiled(text: str) -> Test:
    """A function that says whether a resource as shown passes the filter."""
    if not text.strip():
        return lambda _shown: True
    tokens: list[re.Match[str]] = []
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise invalid(f"Invalid filter: cannot read '{text[at:]}'.")
        tokens.append(found)
        at = found.end()
    test, rest = _either(tokens)
    if rest:
        raise invalid(f"Invalid filter: '{text}'.")
    return test


def _either(tokens: list[re.Match[str]]) -> tuple[Test, list[re.Match[str]]]:
    test, tokens = _all(tokens)
    tests = [test]
    while tokens and tokens[0]["word"] == "OR":
        test, tokens = _all(tokens[1:])
        tests.append(test)
    return (lambda shown: any(one(shown) for one in tests)), tokens


def _all(tokens: list[re.Match[str]]) -> tuple[Test, list[re.Match[str]]]:
    tests = []
    while True:
        test, tokens = _one(tokens)
        tests.append(test)
        if tokens and tokens[0]["word"] == "AND":
            tokens = tokens[1:]
        elif not tokens or tokens[0]["close"] or tokens[0]["word"] == "OR":
            return (lambda shown: all(one(shown) for one in tests)), tokens


def _one(tokens: list[re.Match[str]]) -> tuple[Test, list[re.Match[str]]]:
    if not tokens:
        raise invalid("Invalid filter: it ends too early.")
    first, rest = tokens[0], tokens[1:]
    if first["word"] == "NOT" or first["minus"]:
        test, rest = _one(rest)
        return (lambda shown: not test(shown)), rest
    if first["open"]:
        test, rest = _either(rest)
        if not rest or not rest[0]["close"]:
            raise invalid("Invalid filter: a parenthesis is not closed.")
        return test, rest[1:]
    if first["begins"]:
        path, start = first["begins"], _plain(first["prefix"])
        return (lambda shown: str(reach(shown, path) or "").startswith(start)), rest
    if first["op"]:
        return _comparison(first["field"], first["op"], _plain(first["value"])), rest
    if first["bare"]:
        wanted = _plain(first["bare"])
        return (lambda shown: wanted in str(shown)), rest
    raise invalid("Invalid filter.")


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _comparison(field: str, op: str, wanted: str) -> Test:
    def test(shown: Json) -> bool:
        value = reach(shown, field)
        if op == ":":
            return value is not None and (wanted == "*" or _has(value, wanted))
        if value is None:
            return op in {"!=", "!~"}
        return _compare(op, value, wanted)

    return test


def _has(value: Any, wanted: str) -> bool:
    if isinstance(value, dict):
        return wanted in value
    if isinstance(value, list):
        return any(_has(one, wanted) for one in value)
    return wanted.lower() in str(value).lower()


SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


def _compare(op: str, value: Any, wanted: str) -> bool:
    if op in {"=~", "!~"}:
        return bool(re.search(wanted, str(value))) == (op == "=~")
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    if op in {"=", "!="}:
        same = shown == wanted or (isinstance(value, int | float) and shown.rstrip("0.") == wanted.rstrip("0."))
        return same == (op == "=")
    left, right = _ordered(shown), _ordered(wanted)
    if type(left) is not type(right):
        return False
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op])


def _ordered(value: str) -> Any:
    if value in SEVERITIES:
        return float(SEVERITIES.index(value))
    try:
        return float(value)
    except ValueError:
        return value
