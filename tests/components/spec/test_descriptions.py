from collections.abc import Iterator

import pytest
from keystead.model.section import Section
from keystead.spec.descriptions import descriptions_of
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.secrets import SecretSpec


def sections(root: type[Section] = Section) -> Iterator[type[Section]]:
    for section in root.__subclasses__():
        yield from (section, *sections(section))


OURS = [section for section in sections() if section.__module__.startswith("keystead.")]


@pytest.mark.parametrize("section", OURS, ids=lambda found: found.__name__)
def test_every_field_of_the_spec_says_what_it_means(section: type[Section]) -> None:
    assert {*descriptions_of(section)} == {*section.model_fields}
    assert all(text.strip() for text in descriptions_of(section).values())


def test_the_environment_and_all_below_it_are_looked_at() -> None:
    assert {EnvironmentSpec, SecretSpec} <= {*OURS}
    assert len(OURS) > 15


def test_a_description_is_the_docstring_under_the_field() -> None:
    text = "What the secret gives access to, in one sentence of up to 250 characters."
    assert descriptions_of(SecretSpec)["purpose"] == text
