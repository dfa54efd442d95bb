"""The rotator's settings: what contradicts itself is refused, wherever it was written."""

import json
import math
from typing import Any

import pytest
from keystead.functions.rotator import settings
from keystead.functions.rotator.settings import (
    CloudSettings,
    ExternalSettings,
    FollowerSettings,
    RotatorSettings,
    SecretSettings,
)
from keystead.functions.shared.errors import SettingsError
from keystead.functions.shared.settings import dump, load
from keystead.model import alphabets

from tests.components.functions.shapes import shape

SETTINGS = RotatorSettings(
    environment="prod",
    cloud=CloudSettings(account="000000000003", region="us-east-1"),
    secrets={
        "webhook": SecretSettings("random", 7776000, 2592000, shape("wh_")),
        "card-processor": SecretSettings("manual", 7776000, 0),
        "gateway": SecretSettings(
            "external",
            *(7776000, 0),
            follower="prod-gateway",
            external=ExternalSettings("rotators/gateway", "GatewayKeys", {"url": "https://gateway.example"}),
        ),
    },
    follower=FollowerSettings("300000000003", "//iam.googleapis.com/projects/300000000003/x"),
)


def edited(*path: str, value: object) -> bytes:
    document: dict[str, Any] = json.loads(dump(SETTINGS))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(document).encode()


def test_the_archives_settings_are_loaded_as_they_were() -> None:
    assert load(RotatorSettings, dump(SETTINGS)) == SETTINGS


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            edited("secrets", "webhook", "every", value=60),
            "webhook.overlap: must be .* less than `every`",
        ),
        (edited("secrets", "webhook", "overlap", value=-1), "webhook.overlap: must be at least 0 s"),
        (
            edited("secrets", "webhook", "shape", "length", value=42),
            "shape.length: a value must carry at least 256 bits",
        ),
        (edited("secrets", "webhook", "shape", "characters", value="aab"), "shape.characters: each must be there once"),
        (edited("secrets", "webhook", "shape", "characters", value="a"), "shape.length: a value must carry"),
        (edited("secrets", "webhook", "shape", "characters", value=""), "shape.characters: must not be empty"),
        (
            edited("secrets", "gateway", "external", "module", value="../x"),
            "external.module: must be the path of a",
        ),
        (edited("secrets", "gateway", "external", "strategy", value="a b"), "external.strategy: must be the name of a"),
        (
            edited("secrets", "gateway", "external", "settings", value={"url": 3}),
            "settings.url: expected text, found",
        ),
        (edited("follower", "audience", value=""), "settings.follower.audience: must not be empty"),
        (edited("follower", value=None), "settings.follower: mirrored secrets need it: gateway"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(document: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(RotatorSettings, document)


def test_the_function_asks_for_as_much_entropy_as_the_spec_does() -> None:
    assert settings.MINIMUM_BITS == alphabets.MINIMUM_BITS


@pytest.mark.parametrize(
    ("alphabet", "length"), [("alphanumeric", 43), ("hex", 64), ("base64url", 43), ("printable", 40)]
)
def test_the_least_length_is_the_first_that_spec_and_function_both_take(alphabet: str, length: int) -> None:
    assert alphabets.least_length(alphabet) == length == math.ceil(256 / math.log2(len(alphabets.ALPHABETS[alphabet])))
    assert shape(length=length, alphabet=alphabet).length == length
    with pytest.raises(SettingsError, match="length: a value must carry at least 256 bits"):
        shape(length=length - 1, alphabet=alphabet)
