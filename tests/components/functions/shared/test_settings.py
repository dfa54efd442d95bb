"""Settings in an archive, of whatever function: written canonically, read strictly, named in errors by field alone."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.shared.errors import SettingsError
from keystead.functions.shared.settings import SETTINGS_FILE, dump, load


@dataclasses.dataclass(frozen=True)
class Limit:
    rate: int
    window: str = ""

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise SettingsError("rate: must be at least 1")


@dataclasses.dataclass(frozen=True)
class Settings:
    name: str
    strict: bool
    routes: Mapping[str, Limit]
    networks: tuple[str, ...] = ()
    fallback: Limit | None = None
    note: str | None = None


SETTINGS = Settings("prod", True, {"GET /": Limit(5), "POST /": Limit(1, "1m")}, ("10.0.0.0/8",), Limit(3), None)


def edited(*path: str | int, value: object = None, delete: bool = False) -> bytes:
    document: Any = json.loads(dump(SETTINGS))
    place = document
    for key in path[:-1]:
        place = place[key]
    if delete:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document).encode()


def test_what_was_dumped_is_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / SETTINGS_FILE
    file.write_bytes(dump(SETTINGS))
    assert load(Settings, file) == load(Settings, dump(SETTINGS)) == SETTINGS


def test_optional_parts_that_are_absent_stay_absent() -> None:
    bare = Settings("prod", strict=False, routes={})
    assert load(Settings, dump(bare)) == bare


def test_equal_settings_are_equal_bytes_in_whatever_order_they_were_built() -> None:
    turned = dataclasses.replace(SETTINGS, routes=dict(reversed(list(SETTINGS.routes.items()))))
    assert dump(turned) == dump(SETTINGS)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"{", "^settings: expected JSON$"),
        (b"[" * 100_000, "^settings: expected JSON$"),
        (b"[]", "^settings: expected an object, found list$"),
        (edited("colour", value="canary"), r"Settings has fields \[.*\]; unknown or missing: \['colour'\]$"),
        (edited("note", delete=True), r"unknown or missing: \['note'\]$"),
        (edited("name", value=""), "^settings.name: must not be empty$"),
        (edited("name", value=3), "^settings.name: expected text, found int$"),
        (edited("strict", value=1), "^settings.strict: expected true or false, found int$"),
        (edited("routes", value=["canary"]), "^settings.routes: expected an object, found list$"),
        (edited("routes", "GET /", value="canary"), r"^settings.routes.GET /: expected an object, found str$"),
        (edited("routes", "GET /", "rate", value="canary"), "GET /.rate: expected a whole number, found str$"),
        (edited("routes", "GET /", "rate", value=True), "GET /.rate: expected a whole number, found bool$"),
        (edited("routes", "GET /", "rate", value=1.0), "GET /.rate: expected a whole number, found float$"),
        (edited("routes", "GET /", "rate", value=0), r"^settings.routes.GET /.rate: must be at least 1$"),
        (edited("networks", value="canary"), "^settings.networks: expected a list, found str$"),
        (edited("networks", 0, value=None), "^settings.networks.0: expected text, found NoneType$"),
        (edited("fallback", value=[]), "^settings.fallback: expected an object, found list$"),
        (edited("fallback", "window", delete=True), r"settings.fallback: Limit has fields .*\['window'\]$"),
        (edited("fallback", "window", value=None), "^settings.fallback.window: expected text, found NoneType$"),
        (edited("note", value=4), "^settings.note: expected text, found int$"),
    ],
)
def test_settings_of_another_form_are_refused_by_field_and_without_their_content(document: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refusal:
        load(Settings, document)
    assert "canary" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_field_of_a_type_that_json_does_not_have_is_a_mistake_of_the_programmer() -> None:
    @dataclasses.dataclass
    class Wrong:
        rate: complex

    with pytest.raises(KeyError):
        load(Wrong, b'{"rate": 1}')
