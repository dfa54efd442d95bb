"""The change matrix has a row for every field of the spec on every cloud that the field reaches."""

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keystead.changes.table import CHANGES
from keystead.changes.table.row import EFFECTS, Effect
from keystead.model.clouds import CLOUDS
from keystead.model.section import Section
from keystead.reference import change_matrix
from keystead.spec.environment import EnvironmentSpec


def sections_in(annotation: Any) -> list[type[Section]]:
    """Every model of the spec that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [found for part in typing.get_args(annotation) for found in sections_in(part)]


def fields(section: type[Section], before: str = "") -> Iterator[str]:
    """Every field that holds a value, by its path; `*` stands for each name."""
    for attribute, field in section.model_fields.items():
        name = field.alias or attribute
        inner = sections_in(field.annotation)
        if not inner:
            yield f"{before}{name}"
        named = ".*" if typing.get_origin(field.annotation) is dict else ""
        for one in inner:
            yield from fields(one, f"{before}{name}{named}.")


FIELDS = sorted(fields(EnvironmentSpec))


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_has_a_row_on_every_cloud_it_reaches(field: str) -> None:
    own = {cloud for cloud in CLOUDS if cloud in field.split(".")}
    covered = {cloud for change in CHANGES if change.field == field for cloud in change.clouds}
    assert covered >= (own or set(CLOUDS)), "add it to keystead/changes/table"


def test_every_row_is_about_a_field_of_the_spec() -> None:
    assert {change.field for change in CHANGES} - {*FIELDS} == {"secrets.*.readers.*.restriction"}


def test_rows_of_one_field_and_cloud_are_told_apart_by_their_case() -> None:
    told = [(change.field, cloud, change.case) for change in CHANGES for cloud in change.clouds]
    assert sorted(told) == sorted({*told})


def test_what_is_refused_says_what_to_do_and_every_effect_is_explained() -> None:
    assert all(change.what for change in CHANGES if change.effect is Effect.REFUSED)
    assert {*EFFECTS} == {*Effect}


def test_the_page_in_the_tree_is_current(pytestconfig: pytest.Config) -> None:
    written = Path(pytestconfig.rootpath / "docs" / "changes.md").read_text(encoding="utf-8")
    assert written == change_matrix(), "run `make docs` and commit what it writes"
