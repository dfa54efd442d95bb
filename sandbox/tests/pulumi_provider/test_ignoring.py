"""Ignored paths: what the state has there stands in for what is declared."""

from typing import Any

import pytest
from keystead_sandbox.pulumi_provider.ignoring import kept


@pytest.mark.parametrize(
    ("path", "inputs", "state", "expected"),
    [
        ("a", {"a": 2, "b": 2}, {"a": 1, "b": 1}, {"a": 1, "b": 2}),
        ("a", {"b": 2}, {"a": 1}, {"a": 1, "b": 2}),
        ("a", {"a": 2, "b": 2}, {"b": 1}, {"b": 2}),
        ("a.b", {"a": {"b": 2, "c": 2}}, {"a": {"b": 1, "c": 1}}, {"a": {"b": 1, "c": 2}}),
        ("a.b", {"a": {"b": 2, "c": 2}}, {}, {"a": {"c": 2}}),
        ("a.b", {"c": 2}, {"a": {"b": 1}}, {"c": 2}),
        ('a["b.c"]', {"a": {"b.c": 2}}, {"a": {"b.c": 1}}, {"a": {"b.c": 1}}),
        ('a["b\\"c"]', {"a": {'b"c': 2}}, {"a": {'b"c': 1}}, {"a": {'b"c': 1}}),
        ("a[1].b", {"a": [{"b": 2}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 1}]}, {"a": [{"b": 2}, {"b": 1}]}),
        ("a[0]", {"a": [2]}, {"a": [1]}, {"a": [1]}),
        ("a[0]", {"a": [2]}, {"a": []}, {"a": [2]}),
        ("a[1]", {"a": [2]}, {"a": [1, 1]}, {"a": [2]}),
        ("a.b", {"a": "text"}, {"a": {"b": 1}}, {"a": "text"}),
        ("a.*", {"a": {"b": 2}}, {"a": {"b": 1}}, {"a": {"b": 2}}),
        ("*", {"a": 2}, {"a": 1}, {"a": 2}),
    ],
)
def test_an_ignored_path_is_as_it_was(
    path: str, inputs: dict[str, Any], state: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = repr((inputs, state))
    assert kept(inputs, state, [path]) == expected
    assert repr((inputs, state)) == before


def test_nothing_is_kept_where_nothing_is_ignored() -> None:
    assert kept({"a": 2}, {"a": 1}, []) == {"a": 2}
