"""Random values have their shape, come uniformly from the system's source and are checked when read back."""

import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keystead.functions.rotator.settings import SecretSettings, ShapeSettings
from keystead.functions.rotator.strategies import build
from keystead.functions.rotator.strategies.random import RandomRotator
from keystead.functions.shared.errors import SettingsError, VerificationError
from keystead.functions.shared.redaction import Sensitive
from keystead.model.alphabets import ALPHABETS, least_length

from tests.components.functions.shapes import shape

shapes = st.sampled_from(sorted(ALPHABETS)).flatmap(
    lambda alphabet: st.builds(
        ShapeSettings,
        characters=st.just(ALPHABETS[alphabet]),
        length=st.integers(min_value=least_length(alphabet), max_value=128),
        prefix=st.sampled_from(["", "wh_", "prod-"]),
    )
)


@given(given_shape=shapes)
def test_a_value_has_its_shape_and_passes_its_own_check(given_shape: ShapeSettings) -> None:
    rotator = RandomRotator(given_shape)
    value = rotator.create(lambda: None)
    rotator.verify(value)
    assert len(value.reveal()) == len(given_shape.prefix) + given_shape.length
    assert value.reveal().startswith(given_shape.prefix)
    assert set(value.reveal()[len(given_shape.prefix) :]) <= set(given_shape.characters)


def test_no_two_values_are_alike() -> None:
    rotator = RandomRotator(shape())
    assert len({rotator.create(lambda: None).reveal() for _ in range(200)}) == 200


def test_every_character_is_drawn_by_the_systems_source(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(ALPHABETS["hex"] * 4)
    seen = []

    def choice(alphabet: str) -> str:
        seen.append(alphabet)
        return next(drawn)

    monkeypatch.setattr(secrets, "choice", choice)
    value = RandomRotator(shape(length=64, alphabet="hex")).create(lambda: None)
    assert value.reveal() == ALPHABETS["hex"] * 4
    assert seen == [ALPHABETS["hex"]] * 64


@pytest.mark.parametrize("alphabet", sorted(ALPHABETS))
def test_no_alphabet_favours_a_character_or_breaks_a_configuration_file(alphabet: str) -> None:
    characters = ALPHABETS[alphabet]
    assert len(set(characters)) == len(characters)
    assert not set(characters) & set(" \t\r\n\"'\\`")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("wh_" + "a" * 47, "another prefix or length"),
        ("wh_" + "a" * 49, "another prefix or length"),
        ("xx_" + "a" * 48, "another prefix or length"),
        ("", "another prefix or length"),
        ("wh_" + "a" * 47 + "-", "characters that its shape does not allow"),
    ],
)
def test_a_value_of_another_shape_is_refused_without_showing_it(value: str, message: str) -> None:
    with pytest.raises(VerificationError, match=message) as failure:
        RandomRotator(shape("wh_")).verify(Sensitive(value))
    assert not value or value not in str(failure.value)


def test_random_without_a_shape_is_an_error() -> None:
    with pytest.raises(SettingsError, match="rotator 'random' needs a shape"):
        build(SecretSettings("random", 2, 1), Path())
