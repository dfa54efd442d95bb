from typing import Any

import pytest
from keystead_sandbox.local_aws.monitoring.filter_patterns import PatternError, compile_pattern, decoded, value_at

LINE = {
    "event": "rotation_late",
    "secret": "dev/x",
    "late": 3,
    "ok": True,
    "none": None,
    "deep": {"list": [1, {"a": "b"}]},
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.event = "rotation_late" }', True),
        ('{ $.event = "rotation_*" }', True),
        ('{ $.event = "other" }', False),
        ('{ $.event != "other" }', True),
        ("{ $.late > 2 }", True),
        ("{ $.late >= 3 && $.late < 4 }", True),
        ("{ $.late = 4 }", False),
        ('{ ($.late = 4) || ($.event = "rotation_late") }', True),
        ('{ $.event = "x" && $.late = 3 || $.ok IS TRUE }', True),
        ('{ $.event = "x" && ($.late = 3 || $.ok IS TRUE) }', False),
        ("{ $.none IS NULL }", True),
        ("{ $.missing IS NULL }", False),
        ("{ $.missing NOT EXISTS }", True),
        ("{ $.ok IS FALSE }", False),
        ('{ $.deep.list[1].a = "b" }', True),
        ('{ $["event"] = "rotation_late" }', True),
        ('{ $.missing = "*" }', False),
        ('{ $.missing != "x" }', False),
    ],
)
def test_a_pattern_matches_as_the_syntax_says(pattern: str, matches: bool) -> None:
    assert compile_pattern(pattern)(LINE) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "ERROR",
        '{ $.event == "x" }',
        "{ }",
        "{ $.a }",
        "{ $.a = }",
        '{ ($.a = "b" }',
        '{ $.a = "b" $.c = 1 }',
        "{ $.a IS SO }",
    ],
)
def test_a_pattern_with_another_syntax_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("line", "content"),
    [('{"a": 1}', {"a": 1}), ('[INFO] {"a": 1}', {"a": 1}), ("START RequestId: x", None), ("{not json", None)],
)
def test_json_is_found_in_a_log_line(line: str, content: Any) -> None:
    assert decoded(line) == content


def test_a_selector_without_anything_to_point_at_gives_nothing() -> None:
    assert value_at("$.deep.list[9]", LINE) is None
    assert value_at("$.late", LINE) == 3
