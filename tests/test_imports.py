"""The reading of imports that the layering test rests on, shown on made-up packages."""

from pathlib import Path

import pytest

from tests.imports import Imports, circle


def made_up(folder: Path, **files: str) -> Imports:
    """A package `shop` with these modules."""
    (folder / "shop").mkdir()
    for name, text in {"__init__": "", **files}.items():
        (folder / "shop" / f"{name}.py").write_text(text)
    return Imports({"shop": folder})


@pytest.mark.parametrize(
    "back",
    [
        "import shop.orders",
        "from shop.orders import total",
        "from shop import orders",
        "def late() -> None:\n    from shop import orders",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.orders import Order",
        "import importlib\norders = importlib.import_module('shop.orders')",
        "from importlib import import_module\norders = import_module('shop.orders')",
    ],
)
def test_a_circle_is_found_however_its_last_import_is_written(tmp_path: Path, back: str) -> None:
    shop = made_up(tmp_path, orders="from shop import prices", prices="from shop import taxes", taxes=back)
    assert circle(shop.graph) == ["shop.orders", "shop.prices", "shop.taxes", "shop.orders"]


def test_modules_that_import_one_way_are_no_circle(tmp_path: Path) -> None:
    shop = made_up(
        tmp_path, orders="from shop import prices, taxes", prices="import shop.taxes", taxes="import json, shop.absent"
    )
    assert circle(shop.graph) == []
    assert shop.graph["shop.orders"] == {"shop.prices", "shop.taxes"}


def test_a_circle_through_a_package_is_found(tmp_path: Path) -> None:
    made_up(tmp_path, orders="from shop import total")
    (tmp_path / "shop" / "__init__.py").write_text("from shop.orders import total")
    assert circle(Imports({"shop": tmp_path}).graph) == ["shop", "shop.orders", "shop"]


def test_a_relative_import_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="imports are absolute"):
        _ = made_up(tmp_path, orders="from . import prices").graph
