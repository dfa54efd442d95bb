"""The JSON Schema that editors check stack files with."""

import functools
from typing import Any

import pytest
import yaml
from keystead.spec import json_schema
from keystead.spec.json_schema import SCHEMA_FILE, schema_text

schema = functools.cache(json_schema.schema)


def test_the_schema_in_the_tree_is_current(pytestconfig: pytest.Config) -> None:
    written = (pytestconfig.rootpath / "stacks" / SCHEMA_FILE).read_text(encoding="utf-8")
    assert written == schema_text(), "run `keystead schema --write` and commit what it writes"


def sections() -> list[tuple[str, dict[str, Any]]]:
    return [(name, section) for name, section in schema()["$defs"].items() if name != "StackFile"]


@pytest.mark.parametrize(("name", "section"), sections(), ids=[name for name, _ in sections()])
def test_every_key_says_what_it_means_and_unknown_ones_are_refused(name: str, section: dict[str, Any]) -> None:
    assert section["additionalProperties"] is False, name
    assert "required" not in section
    assert section["description"]
    for key, field in section["properties"].items():
        referred = schema()["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
        assert field.get("description") or referred.get("description"), f"{name}.{key} has no docstring"


def test_every_duration_has_its_pattern() -> None:
    rotation = schema()["$defs"]["RotationSpec"]["properties"]
    assert rotation["every"]["pattern"] == rotation["overlap"]["pattern"] == "^(0|[1-9][0-9]{0,5})[dhm]$"


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_examples_use_only_keys_the_schema_knows(environment: str, pytestconfig: pytest.Config) -> None:
    stacks, whole = pytestconfig.rootpath / "stacks", schema()
    overlay = yaml.safe_load((stacks / f"Pulumi.{environment}.yaml").read_text())["config"]["keystead:environment"]
    base = yaml.safe_load((stacks / "base.yaml").read_text())
    assert list(unknown(overlay, {"$ref": "#/$defs/Environment"}, whole)) == []
    assert list(unknown(base, {"$ref": "#/$defs/Environment"}, whole)) == []
    assert list(unknown({"tear": 1}, {"$ref": "#/$defs/Environment"}, whole)) == ["tear"]


def unknown(value: Any, known: dict[str, Any], whole: dict[str, Any]) -> Any:
    """Yield keys of a document that the schema has no property for."""
    for one in [known, *known.get("anyOf", [])]:
        found = whole["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        if isinstance(value, dict) and ("properties" in found or "additionalProperties" in found):
            for key, below in value.items():
                inner = found.get("properties", {}).get(key, found.get("additionalProperties"))
                if inner is False:
                    yield key
                elif isinstance(inner, dict):
                    yield from unknown(below, inner, whole)
