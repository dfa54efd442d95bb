from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from keystead.spec import stackfile
from keystead.spec.stackfile import StackFile, merge, read

SCALARS = st.integers() | st.booleans() | st.text("aé :#-\n0", max_size=5)
KEYS = st.sampled_from("abcd")
LEAVES = SCALARS | st.lists(SCALARS, max_size=3)
TREES = st.recursive(LEAVES, lambda below: st.dictionaries(KEYS, below, max_size=4), max_leaves=20)
MAPS = st.dictionaries(KEYS, TREES, max_size=4)


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result, problems = merge(StackFile("base", base), StackFile("over", over))
    assert problems == []
    return result


@given(MAPS)
def test_nothing_over_a_base_and_a_base_under_nothing_change_nothing(tree: dict[str, Any]) -> None:
    assert merged(tree, {}) == tree == merged({}, tree)


@given(MAPS)
def test_a_file_over_itself_changes_nothing(tree: dict[str, Any]) -> None:
    assert merged(tree, tree) == tree


@given(MAPS, MAPS, MAPS)
def test_maps_merge_by_key_and_everything_else_is_replaced(
    base: dict[str, Any], over: dict[str, Any], top: Any
) -> None:
    result = merged(base, over)
    assert result.keys() == base.keys() | over.keys()
    for key, value in over.items():
        below = base.get(key)
        assert result[key] == (merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value)
    assert merged(merged(base, over), top) == merged(base, merged(over, top)) or _maps_meet_others(base, over, top)


def _maps_meet_others(*trees: Any) -> bool:
    """Where a map meets a list or scalar, the middle one hides the base, so grouping matters; elsewhere it must not."""
    maps = [tree for tree in trees if isinstance(tree, dict)]
    if len(maps) < len(trees):
        return bool(maps)
    keys = set().union(*maps)
    return any(_maps_meet_others(*(tree[key] for tree in maps if key in tree)) for key in keys)


@given(MAPS, MAPS)
def test_merging_leaves_both_files_as_they_are(base: dict[str, Any], over: dict[str, Any]) -> None:
    before = repr((base, over))
    merged(base, over)
    assert repr((base, over)) == before


def test_null_takes_away_one_entry_of_the_base() -> None:
    base = {"secrets": {"a": {"purpose": "x"}, "b": {"purpose": "y"}}}
    assert merged(base, {"secrets": {"a": None}}) == {"secrets": {"b": {"purpose": "y"}}}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("20:00", "20:00"),
        ("'2027-06-30'", "2027-06-30"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("012", 12),
        ("1.2", 1.2),
        ("true", True),
        ("'true'", "true"),
        ("null", None),
        ('""', ""),
    ],
)
def test_scalars_have_the_types_of_yaml_1_2_and_not_the_surprises_of_1_1(
    tmp_path: Path, written: str, value: object
) -> None:
    path = tmp_path / "base.yaml"
    path.write_text(f"key: {written}\n")
    file = read(path)
    assert file.problems == []
    assert file.data == {"key": value}
    assert type(file.data["key"]) is type(value)


@given(MAPS.filter(bool))
def test_what_pyyaml_writes_is_read_back_with_a_line_for_every_key(tree: dict[str, Any]) -> None:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "base.yaml"
        path.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
        file = read(path)
    assert file.data == tree
    assert {place[0] for place in file.lines if place} == tree.keys()
    assert all(line >= 1 for line in file.lines.values())


def test_the_fast_parser_reads_every_stack_file_as_the_slow_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted((Path(__file__).parents[3] / "stacks").glob("*.yaml"))
    fast = [read(file) for file in files]
    monkeypatch.setattr(stackfile, "_FastLoader", stackfile._PlainLoader)
    assert len(fast) >= 4
    assert [read(file) for file in files] == fast
