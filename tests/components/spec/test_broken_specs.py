"""A wrong spec is refused in words that say where, what, what is allowed and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keystead.model.errors import SpecError
from keystead.spec.loading import build

from tests.components.conftest import BASES

BROKEN = yaml.safe_load((Path(__file__).parent / "broken_specs.yaml").read_text(encoding="utf-8"))
AWS = {"account": "123456789012", "region": "us-east-1"}
GCP = {"project": "acme-prod", "number": "300000000003", "location": "us-east1"}

Problems = Callable[..., list[str]]


@pytest.mark.parametrize("broken", BROKEN, ids=[row["name"] for row in BROKEN])
def test_a_broken_spec_is_refused_with_place_value_rule_and_remedy(problems: Problems, broken: dict[str, Any]) -> None:
    assert problems(broken["part"], base=BASES[broken.get("base", "aws")]) == broken["lines"]


@pytest.mark.parametrize(("base", "least"), [("aws", 40), ("both", 25)])
def test_many_kinds_of_mistake_have_their_message_fixed(base: str, least: int) -> None:
    assert len({row["part"] for row in BROKEN if row.get("base", "aws") == base}) >= least


def test_a_base_that_is_broken_itself_would_prove_nothing(load_spec: Callable[..., object]) -> None:
    for base in BASES.values():
        assert load_spec("", base=base)


def test_all_mistakes_of_both_files_come_at_once_in_the_order_of_their_paths(problems: Problems) -> None:
    base = "owners: [payments]\naws: {region: us-east-1}\nkeys: {data: {uses: sign}}\n"
    part = "colour: purple\nkeys: {other: {deletion_window: 3d}}\nsecrets: {db: {purpose: opens, key: dta}}\n"
    found = [line.split(": ")[0] + " " + line.split(": ")[1] for line in problems(part, base=base)]
    assert found == [
        "stacks/Pulumi.prod.yaml:3 keystead:environment.colour",
        "stacks/base.yaml:3 keystead:environment.keys.data.uses",
        "stacks/Pulumi.prod.yaml:4 keystead:environment.keys.other.deletion_window",
        "stacks/Pulumi.prod.yaml:5 keystead:environment.secrets.db.key",
    ]


def test_the_message_as_a_whole_counts_the_problems_and_names_the_environment() -> None:
    with pytest.raises(SpecError) as caught:
        build("prod", {"tier": "low", "colour": "pink", "aws": AWS}, {"owners": []})
    assert str(caught.value).splitlines()[0] == "environment prod: 2 problems"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Prod", "must be 2 to 20 lower-case letters, digits and single hyphens, beginning with a letter"),
        ("a-name-that-is-too-long", "must be 2 to 20 lower-case letters, digits and single hyphens, beginning with a"),
        ("aws", "is reserved: AWS keeps every alias that begins with alias/aws/ for itself; choose another name"),
    ],
)
def test_a_name_of_an_environment_that_would_not_fit_everywhere_is_refused(name: str, line: str) -> None:
    with pytest.raises(SpecError) as caught:
        build(name, {"tier": "low", "owners": ["a"], "aws": AWS}, {})
    assert f"environment {name!r}: its name {line}" in str(caught.value)


def test_a_hyphen_in_a_shared_account_is_refused_because_names_there_could_run_into_each_other() -> None:
    with pytest.raises(SpecError) as caught:
        build("dev-eu", {"tier": "low", "owners": ["a"], "aws": {**AWS, "shared": True}}, {})
    assert str(caught.value.problems[0]) == (
        "stacks/Pulumi.dev-eu.yaml: keystead:environment.aws.shared: found true; in a shared account the name of an "
        "environment must have no hyphen: names of an environment called 'dev' could also begin with 'dev-eu'; rename "
        "the stack"
    )


@pytest.mark.parametrize("name", ["gcp", "gcp-eu", "goog", "my-google"])
def test_a_name_of_an_environment_that_gcp_keeps_for_itself_is_refused_there(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        build(name, {"tier": "low", "owners": ["a"], "gcp": GCP}, {})
    assert str(caught.value.problems[0]) == (
        f"stacks/Pulumi.{name}.yaml: keystead:environment.gcp.project: found 'acme-prod'; an environment on GCP cannot "
        f"be called {name!r}: GCP reserves names that begin with gcp- or goog, or contain google; rename the stack"
    )
    assert build(name, {"tier": "low", "owners": ["a"], "aws": AWS}, {}).environment == name


def test_a_hyphen_in_a_shared_project_is_refused_as_in_a_shared_account() -> None:
    with pytest.raises(SpecError) as caught:
        build("dev-eu", {"tier": "low", "owners": ["a"], "gcp": {**GCP, "shared": True}}, {})
    assert "in a shared project the name of an environment must have no hyphen" in str(caught.value)


def test_a_waiver_belongs_to_one_environment_and_not_to_the_base(problems: Problems) -> None:
    base = "owners: [payments]\naws: {region: us-east-1}\nwaivers: {}\n"
    (told,) = problems("", base=base)
    assert told == (
        "stacks/base.yaml:3: keystead:environment.waivers: must be in the stack file, since each environment has its "
        "own findings; move it there"
    )


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        (
            "Pulumi.prod.yaml",
            None,
            "stacks/Pulumi.prod.yaml: keystead:environment: cannot be read: No such file or dire",
        ),
        ("Pulumi.prod.yaml", "config: {}\n", "has no `config: keystead:environment:`"),
        (
            "Pulumi.prod.yaml",
            "config: {keystead:environment: x}\n",
            "1: keystead:environment: must be a mapping of keys",
        ),
        ("base.yaml", "", "stacks/base.yaml: keystead:environment: is empty; write at least `owners:`"),
        ("base.yaml", "a: *hunter2\n", "is not valid YAML: found undefined alias (not shown)"),
    ],
)
def test_a_file_that_cannot_be_read_is_the_one_problem_reported(
    problems: Problems, tmp_path: Path, file: str, text: str | None, line: str
) -> None:
    from keystead.spec.loading import load  # noqa: PLC0415

    problems("colour: pink\n")
    path = tmp_path / "stacks" / file
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load("prod", tmp_path / "stacks")
    assert len(caught.value.problems) == 1
    assert line in str(caught.value.problems[0])


CANARY = "hunter2hunter2hunter2"


@given(
    key=st.sampled_from(["value", "Password", "secure", "data", "pass-word", "username"]),
    shape=st.sampled_from([lambda value: value, lambda value: [value], lambda value: {"secure": value}]),
    place=st.sampled_from(["secret", "section", "key", "rotation", "prefix", "reader", "settings", "top"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_stands_where_a_value_could_be_written_is_never_echoed(key: str, shape: object, place: str) -> None:
    value = shape(CANARY)  # type: ignore[operator]
    secret: object = {"purpose": "opens", "key": "data"}
    extra: dict[str, object] = {}
    match place:
        case "secret":
            secret = {"purpose": "opens", "key": "data", key: value}
        case "section":
            secret = value
        case "key":
            secret = {"purpose": "opens", "key": value}
        case "prefix":
            shape_of_value = {"prefix": f"{CANARY}{CANARY}"}
            secret = {"purpose": "opens", "key": "data", "rotation": {"shape": shape_of_value}}
        case "rotation":
            secret = {"purpose": "opens", "key": "data", "rotation": {key: value}}
        case "settings":
            external = {"rotator": "external", "code": "keys.py", "strategy": "Keys", "settings": {"password": value}}
            secret = {"purpose": "opens", "key": "data", "rotation": external}
        case "reader":
            secret = {"purpose": "opens", "key": "data", "readers": {"api": value}}
        case _:
            extra = {key: value}
    part = {"tier": "low", "owners": ["a"], "aws": AWS, "keys": {"data": {}}, "secrets": {"db": secret}, **extra}
    with pytest.raises(SpecError) as caught:
        build("prod", part, {})
    assert CANARY not in str(caught.value)
