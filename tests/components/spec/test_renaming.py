"""What `renamed_from` asks for."""

from collections.abc import Callable

import pytest

from tests.components.conftest import ON_BOTH, Load

SECRET = "{purpose: opens the till, key: data"
OLD = f"  old-token: {SECRET}}}\n"


def part(*secrets: str) -> str:
    return "secrets:\n" + "".join(secrets)


def new(more: str = "", name: str = "new-token") -> str:
    return f"  {name}: {SECRET}, renamed_from: old-token{more}}}\n"


def test_the_old_name_keeps_its_values_and_the_new_one_is_rotated(load_spec: Load) -> None:
    spec = load_spec(part(OLD, new()))
    assert spec.renamed == {"old-token": "new-token"}
    assert spec.rotated("aws") == ["db-password", "new-token"]


def test_both_names_are_the_rotators_where_people_bring_the_values(load_spec: Load) -> None:
    by_hand = ", rotation: {rotator: manual}"
    spec = load_spec(part(f"  old-token: {SECRET}{by_hand}}}\n", new(by_hand), f"  other: {SECRET}{by_hand}}}\n"))
    read = [name for name in spec.secrets if spec.rotator_reads(name, "aws")]
    assert sorted(read) == ["db-password", "new-token", "old-token"]


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        (
            [new()],
            (
                "new-token.renamed_from: found 'old-token'; must be the name of another secret of the spec, which "
                "stays there until its values have moved; where they have, remove this line"
            ),
        ),
        (
            [OLD.replace("}", ", rotation: {rotator: manual}}"), new()],
            (
                "new-token.renamed_from: found 'old-token'; its rotator is manual and that of this secret random; use "
                "the same one, and change it once the values have moved"
            ),
        ),
        (
            [OLD, new(), new(name="third")],
            (
                "third.renamed_from: found 'old-token'; new-token takes over its values already; one secret can be "
                "renamed to one other"
            ),
        ),
        (
            [OLD, new(), f"  third: {SECRET}, renamed_from: new-token}}\n"],
            (
                "third.renamed_from: found 'new-token'; it takes over values itself; rename it once they "
                "have moved and its own renamed_from is removed"
            ),
        ),
    ],
)
def test_a_name_that_no_value_can_come_from_is_refused(
    problems: Callable[..., list[str]], secrets: list[str], told: str
) -> None:
    (line,) = problems(part(*secrets))
    assert f"secrets.{told}" in line


def test_the_old_name_must_be_where_the_rotator_of_the_new_one_is(problems: Callable[..., list[str]]) -> None:
    gcp = 'gcp: {project: acme-prod, number: "300000000003", location: us-east1}\n'
    (line,) = problems(gcp + part(OLD.replace("}", ", clouds: [gcp]}"), new(", clouds: [aws]")), base=ON_BOTH)
    assert "it is not on AWS, where the values of this secret are made; give both the same clouds" in line
