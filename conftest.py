"""How tests run: those that bring sandboxes up first; hypothesis by the promise alone, never by the clock."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "keystead", deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("keystead")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes a file, so that no worker is left with such a file while the other has nothing."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
