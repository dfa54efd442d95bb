"""JSON filter patterns of CloudWatch Logs: `{ ($.event = "rotation_late") && ($.n > 2) }`.

Source: CloudWatch Logs user guide, "Filter pattern syntax": = and != with * as wildcard, < > <= >= on numbers, IS NULL,
IS TRUE, IS FALSE, NOT EXISTS, && before ||, parentheses, array indexes.
"""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

Matcher = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<and>&&)|(?P<or>\|\|)|(?P<open>\()|(?P<close>\))|(?P<op><=|>=|!=|=|<|>)"""
    r"""|(?P<string>"(?:\\.|[^"\\])*")|(?P<selector>\$(?:\.[\w-]+|\[(?:\d+|"[^"]+"|'[^']+')\])+)|(?P<word>[^\s()=<>!&|]+))"""
)
_STEP = re.compile(r"""\.([\w-]+)|\[(\d+)\]|\[["']([^"']+)["']\]""")
_MISSING = object()


class PatternError(ValueError):
    """A pattern that does not follow the syntax."""


def compile_pattern(text: str) -> Matcher:
    """A function that says whether a decoded JSON message matches the pattern."""
    body = text.strip()
    if not (body.startswith("{") and body.endswith("}")):
        message = f"not a JSON pattern: {text}"
        raise PatternError(message)
    parser = _Parser(_tokens(body[1:-1]))
    matcher = parser.any_of()
    if parser.left:
        message = f"unexpected {parser.left[0][1]!r} in {text}"
        raise PatternError(message)
    return matcher


def value_at(selector: str, content: Any) -> Any:
    """What a selector such as `$.a.b[0]` points at; None when there is nothing."""
    found = _select(selector, content)
    return None if found is _MISSING else found


def decoded(message: str) -> Any:
    """The JSON in a log line; None when the line is not an object."""
    start = message.find("{")
    if start < 0:
        return None
    try:
        return json.loads(message[start:])
    except ValueError:
        return None


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.left = tokens

    def any_of(self) -> Matcher:
        matchers = [self.all_of()]
        while self._accept("or"):
            matchers.append(self.all_of())
        return lambda content: any(matcher(content) for matcher in matchers)

    def all_of(self) -> Matcher:
        matchers = [self.term()]
        while self._accept("and"):
            matchers.append(self.term())
        return lambda content: all(matcher(content) for matcher in matchers)

    def term(self) -> Matcher:
        if self._accept("open"):
            inner = self.any_of()
            self._expect("close")
            return inner
        selector = self._expect("selector")
        operator = self._accept("op")
        return _comparison(selector, operator, self._operand()) if operator else self._test(selector)

    def _test(self, selector: str) -> Matcher:
        words = (self._expect("word").upper(), self._expect("word").upper())
        tests: dict[tuple[str, str], Matcher] = {
            ("IS", "NULL"): lambda content: _select(selector, content) is None,
            ("IS", "TRUE"): lambda content: _select(selector, content) is True,
            ("IS", "FALSE"): lambda content: _select(selector, content) is False,
            ("NOT", "EXISTS"): lambda content: _select(selector, content) is _MISSING,
        }
        if words not in tests:
            message = f"unknown test {' '.join(words)}"
            raise PatternError(message)
        return tests[words]

    def _operand(self) -> str:
        quoted = self._accept("string")
        return str(json.loads(quoted)) if quoted else self._expect("word")

    def _accept(self, kind: str) -> str:
        if self.left and self.left[0][0] == kind:
            return self.left.pop(0)[1]
        return ""

    def _expect(self, kind: str) -> str:
        found = self._accept(kind)
        if not found:
            message = f"expected {kind} before {self.left[0][1] if self.left else 'the end'}"
            raise PatternError(message)
        return found


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            message = f"cannot read {text[position:]!r}"
            raise PatternError(message)
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


def _select(selector: str, content: Any) -> Any:
    for name, index, quoted in _STEP.findall(selector):
        if index and isinstance(content, list) and int(index) < len(content):
            content = content[int(index)]
        elif isinstance(content, dict) and (name or quoted) in content:
            content = content[name or quoted]
        else:
            return _MISSING
    return content


def _comparison(selector: str, operator: str, operand: str) -> Matcher:
    def matches(content: Any) -> bool:
        actual = _select(selector, content)
        if actual is _MISSING or isinstance(actual, dict | list):
            return False
        numbers = _numbers(actual, operand)
        if operator in {"=", "!="}:
            equal = numbers[0] == numbers[1] if numbers else fnmatchcase(_plain(actual), operand)
            return equal == (operator == "=")
        if numbers is None:
            return False
        left, right = numbers
        return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]

    return matches


def _numbers(actual: Any, operand: str) -> tuple[float, float] | None:
    if isinstance(actual, bool):
        return None
    try:
        return float(actual), float(operand)
    except (TypeError, ValueError):
        return None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
