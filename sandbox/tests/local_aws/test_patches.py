import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from keystead_sandbox.local_aws.patches import ministack

SOURCES = sorted((Path(__file__).parents[2] / "keystead_sandbox/local_aws").rglob("*.py"))


def test_a_name_that_ministack_no_longer_has_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ministack, "module", lambda _name: SimpleNamespace(__name__="services.kms"))
    with pytest.raises(
        ministack.PatchError, match=r"has no .*; the sandbox's corrections are written for ministack 1\.5\.33"
    ):
        ministack.check()


def test_a_replacement_of_a_missing_name_is_refused() -> None:
    with pytest.raises(ministack.PatchError, match="has no gone"):
        ministack.replace(SimpleNamespace(), "gone", None)


def test_a_missing_module_is_refused() -> None:
    with pytest.raises(ministack.PatchError, match="ministack has no module services"):
        ministack.module("services.no_such_service")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_private_name_that_is_used_is_checked_at_start(source: Path) -> None:
    checked = {name for names in ministack.USED.values() for name in names} | {"_data", "_exit"}
    used = {
        node.attr
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not _own(node.value)
    }
    assert used - checked == set()


def _own(value: Any) -> bool:
    return isinstance(value, ast.Name) and value.id == "self"
