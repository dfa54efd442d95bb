"""What is protected stays whole: an environment of tier critical on both clouds, from which parts are taken away."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import ended, small_project
from tests.e2e.gcp.callers import Project
from tests.e2e.landscape import OFFICE, Sandbox

SAFE_READERS = {"cashier": {"clouds": ["aws"]}, "porter": {"clouds": ["gcp"]}}
SPEC: dict[str, Any] = {
    "tier": "critical",
    "owners": ["shop"],
    "aws": {"account": "555555555555", "region": "us-east-1"},
    "gcp": {"project": "acme-keep", "number": "555555555555", "location": "europe-west3"},
    "keys": {"data": {"purpose": "secrets of the shop"}},
    "secrets": {
        "till-key": {"purpose": "opens the till", "key": "data", "clouds": ["aws"], "readers": {"cashier": {}}},
        "door-key": {"purpose": "opens the door", "key": "data", "clouds": ["gcp"], "readers": {"porter": {}}},
        "safe-key": {"purpose": "opens the safe", "key": "data", "readers": SAFE_READERS},
        "bank-code": {
            "purpose": "opens the bank",
            "key": "data",
            "clouds": ["aws"],
            "readers": {"cashier": {}},
            "rotation": {"rotator": "manual"},
        },
    },
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = small_project(tmp_path_factory.mktemp("keep"), {"keep": SPEC})
    with ended(Sandbox(project / ".sandbox", project)) as sandbox:
        sandbox.up("--no-table")
        yield sandbox


@pytest.fixture
def declare(sandbox: Sandbox) -> Iterator[Callable[[Callable[[dict[str, Any]], object]], None]]:
    """Write the environment's stack file anew, with a change; at the end of the test without one."""
    file = sandbox.project / "stacks" / "Pulumi.keep.yaml"
    before = file.read_text()

    def declared(change: Callable[[dict[str, Any]], object]) -> None:
        spec = copy.deepcopy(SPEC)
        change(spec)
        stack = {"config": {"pulumi:disable-default-providers": ["*"], "keystead:environment": spec}}
        file.write_text(yaml.safe_dump(stack))

    yield declared
    file.write_text(before)


def unchanged(sandbox: Sandbox) -> None:
    """Both the clouds and the state are as the spec wants them."""
    preview = sandbox.run("pulumi", "preview", "-s", "keep", "--refresh", "--expect-no-changes")
    assert preview.code == 0, preview.output


@pytest.mark.parametrize("secret", ["till-key", "door-key"])
def test_a_protected_secret_that_is_left_out_keeps_all_that_belongs_to_it(
    sandbox: Sandbox, declare: Callable[[Callable[[dict[str, Any]], object]], None], secret: str
) -> None:
    other = {"till-key": "door-key", "door-key": "till-key"}[secret]
    declare(lambda spec: (spec["secrets"].pop(secret), spec["secrets"][other].update(purpose="opens both")))
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        refused = sandbox.run("pulumi", *command, "-s", "keep")
        assert refused.code != 0
        assert f"keystead:environment.secrets.{secret}: the secret is protected and no longer in the" in refused.output
        assert "put it back with `protected: false` and run `pulumi up`" in refused.output
        assert "state unprotect" not in refused.output
    declare(lambda _: None)
    unchanged(sandbox)


def test_destroy_deletes_nothing_of_an_environment_with_protected_keys_without_a_preview_either(
    sandbox: Sandbox,
) -> None:
    refused = sandbox.run("pulumi", "destroy", "-s", "keep", "--yes", "--skip-preview")
    assert refused.code != 0
    assert "cannot be deleted" in refused.output
    unchanged(sandbox)


RENAMED = {"till-key": "drawer-key", "door-key": "gate-key", "safe-key": "vault-key", "bank-code": "bank-key"}
"""New names by the old ones: on AWS, on GCP, on both, and one whose values people bring."""
LABELS = (("AWSCURRENT", "current"), ("AWSPREVIOUS", "previous"))


def values(sandbox: Sandbox, names: Iterable[str], clouds: Mapping[str, list[str]]) -> list[str]:
    """What readers get of these secrets, current and previous, on each of their clouds."""
    project, role = Project(sandbox, "keep"), sandbox.outputs("keep")["roles"]["cashier-reader"]
    token = project.impersonate(project.outputs["roles"]["porter-reader"])
    found = []
    for name in names:
        for on_aws, on_gcp in LABELS:
            if "aws" in clouds[name]:
                found.append(sandbox.read("keep", role, name, OFFICE, on_aws))
            if "gcp" in clouds[name]:
                found.append(project.read(name, token, on_gcp))
    return found


def test_a_renamed_secret_is_read_with_its_values_and_the_old_one_goes_in_two_steps(sandbox: Sandbox) -> None:
    file = sandbox.project / "stacks" / "Pulumi.keep.yaml"
    up = ("pulumi", "up", "-s", "keep", "--yes", "--skip-preview")

    def deploy(secrets: dict[str, Any]) -> str:
        stack = {"pulumi:disable-default-providers": ["*"], "keystead:environment": {**SPEC, "secrets": secrets}}
        file.write_text(yaml.safe_dump({"config": stack}))
        return sandbox.must(*up)

    for value in ("first-value-of-the-bank", "second-value-of-the-bank"):
        sandbox.must("keystead", "secret", "put", "bank-code", "--env", "keep", given=value)
    for name in ("till-key", "door-key", "safe-key"):
        sandbox.must("keystead", "rotate", name, "--env", "keep")
    clouds = {name: secret.get("clouds", ["aws", "gcp"]) for name, secret in SPEC["secrets"].items()}
    clouds |= {new: clouds[old] for old, new in RENAMED.items()}
    before = values(sandbox, RENAMED, clouds)
    new = {RENAMED[name]: {**secret, "renamed_from": name} for name, secret in SPEC["secrets"].items()}
    deploy(SPEC["secrets"] | new)
    sandbox.sandbox("advance", "1h")
    assert values(sandbox, RENAMED, clouds) == before
    assert values(sandbox, RENAMED.values(), clouds) == before
    assert sandbox.secret("keep", "till-key")["text"].startswith("renamed to drawer-key")
    deploy({name: {**secret, "protected": False} for name, secret in SPEC["secrets"].items()} | new)
    last = {name: {key: one for key, one in secret.items() if key != "renamed_from"} for name, secret in new.items()}
    assert "the secret till-key is deleted on AWS, and its values end with it" in deploy(last)
    assert values(sandbox, RENAMED.values(), clouds) == before
    status = sandbox.status("keep")
    assert (status["problems"], status["orphans"]) == (0, [])
