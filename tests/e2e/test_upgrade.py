"""Stacks that an earlier version brought up take an `up` of this one, and keep every key, secret, role and function.

`releases/` holds each released version: the example stacks of its day with the package beside the program, as a user of
that version would have it installed.
"""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.landscape import ROOT, Sandbox

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.zip"))
ENVIRONMENTS = ("dev", "prod")

KEPT = re.compile(
    r"aws:(kms/(key|replicaKey|alias|grant):|secretsmanager/(secret|secretRotation|secretPolicy):|iam/role:|lambda/function:"
    r"|sns/topic:|sqs/queue:|cloudwatch/logGroup:)"
    r"|gcp:(kms/(keyRing|cryptoKey):|secretmanager/secret:|serviceaccount/account:|cloudfunctionsv2/function:"
    r"|projects/iAMCustomRole:|pubsub/(topic|subscription):|iam/workloadIdentityPool)"
)
"""Types whose resources hold keys and values, name who may use them, or are the rotator, which holds its settings."""


@dataclass(frozen=True)
class Upgraded:
    """What an environment held before and after, and what the preview in between announced."""

    before: Mapping[str, Any]
    """Resources by URN."""
    steps: list[dict[str, Any]]
    after: Mapping[str, Any]
    values: tuple[Any, Any]
    """Labels of each secret on AWS and the time of each value on both clouds, before and after."""


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.stem)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Upgraded]]:
    project = tmp_path_factory.mktemp("upgrade")
    with zipfile.ZipFile(request.param) as release:
        release.extractall(project)
    without_what_lambda_is_not_documented_to_send(project / "stacks")
    sandbox = Sandbox(project / ".sandbox", project)
    chosen = [word for name in ENVIRONMENTS for word in ("--env", name)]
    try:
        sandbox.up("--no-table", *chosen)
        first = {name: (state(sandbox, name), values(sandbox, name)) for name in ENVIRONMENTS}
        upgrade(project / "stacks")
        steps = {name: previewed(sandbox, name) for name in ENVIRONMENTS}
        sandbox.up(*chosen)
        yield {
            name: Upgraded(before, steps[name], state(sandbox, name), (held, values(sandbox, name)))
            for name, (before, held) in first.items()
        }
    finally:
        sandbox.down()


def without_what_lambda_is_not_documented_to_send(stacks: Path) -> None:
    """0.1.0 asks Lambda for aws:SourceAccount, which the sandbox of its day sent for every service."""
    trust = stacks / "keystead" / "aws" / "trust.py"
    trust.write_text(trust.read_text().replace('"lambda", ', ""))


def upgrade(stacks: Path) -> None:
    """Take the earlier version away, with the archives it made, as a fresh checkout of this one would."""
    for package in (stacks / "keystead", stacks / ".build"):
        shutil.rmtree(package)
    for file in (ROOT / "stacks").glob("*.*"):
        if file.is_file():
            shutil.copy(file, stacks / file.name)


def state(sandbox: Sandbox, environment: str) -> dict[str, Any]:
    exported = json.loads(sandbox.must("pulumi", "stack", "export", "-s", environment))
    return {one["urn"]: one for one in exported["deployment"]["resources"]}


def previewed(sandbox: Sandbox, environment: str) -> list[dict[str, Any]]:
    told = sandbox.must("pulumi", "preview", "--json", "-s", environment)
    return list(json.loads(told)["steps"])


def values(sandbox: Sandbox, environment: str) -> dict[str, Any]:
    """Which version each label of each secret names on AWS, and when each cloud's value was made."""
    store = sandbox.client(environment, "secretsmanager")
    pages = store.get_paginator("list_secrets").paginate()
    labels = {one["Name"]: one["SecretVersionsToStages"] for page in pages for one in page["SecretList"]}
    made = {
        f"{cloud} {secret['name']}": held["last_rotation"]
        for secret in sandbox.status(environment)["secrets"]
        for cloud, held in secret["clouds"].items()
    }
    return labels | made


def kept(resources: Mapping[str, Any]) -> dict[str, str]:
    return {urn: one["id"] for urn, one in resources.items() if "id" in one and KEPT.match(one["type"])}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_preview_of_the_upgrade_replaces_and_deletes_nothing_that_holds_or_guards_a_value(
    upgraded: dict[str, Upgraded], environment: str
) -> None:
    ended = [
        f"{step['op']} {step['urn']}"
        for step in upgraded[environment].steps
        if step["op"] not in ("same", "create", "update", "read", "refresh") and KEPT.match(type_of(step["urn"]))
    ]
    assert ended == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_after_the_upgrade_every_key_secret_role_function_and_alias_is_the_one_it_was(
    upgraded: dict[str, Upgraded], environment: str
) -> None:
    before, after = kept(upgraded[environment].before), kept(upgraded[environment].after)
    assert len(before) > 50
    assert {urn: after.get(urn) for urn in before} == before


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_upgrade_rotates_nothing(upgraded: dict[str, Upgraded], environment: str) -> None:
    before, after = upgraded[environment].values
    assert {cloud for cloud in ("aws", "gcp") if any(name.startswith(f"{cloud} ") for name in before)} == {"aws", "gcp"}
    assert after == before


def type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]
