"""A small shop's stack files, to be broken in one place at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest
from keystead.model.errors import SpecError
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import load

BASE = """\
owners: [payments]
aws: {region: us-east-1}
restrictions: {mesh: {networks: {aws: [vpce-0a1b2c3d]}}}
keys: {data: {purpose: secrets of the shop}, tokens: {use: sign}}
secrets:
  db-password:
    purpose: opens the database
    key: data
    readers: {api: {restriction: mesh}}
"""

ON_BOTH = """\
owners: [payments]
aws: {region: us-east-1}
gcp: {project: acme-prod, number: "300000000003", location: us-east1}
restrictions:
  mesh: {networks: {aws: [vpce-0a1b2c3d]}}
  hours: {hours: {days: Mon-Fri, from: "07:00", to: "20:00", zone: Europe/Berlin}}
keys: {data: {purpose: secrets of the shop}, tokens: {use: sign}}
secrets:
  db-password:
    purpose: opens the database
    key: data
    readers: {api: {restriction: {aws: mesh, gcp: hours}}}
"""

BASES = {"aws": BASE, "both": ON_BOTH}
"""The shop on AWS alone, and on both clouds."""

Load = Callable[..., EnvironmentSpec]


def load_part(directory: Path, part: str, *, environment: str = "prod", base: str = BASE) -> EnvironmentSpec:
    """Load an environment's part, given as YAML, over a base; tier and AWS account are added where it has none."""
    stacks = directory / "stacks"
    stacks.mkdir(exist_ok=True)
    if "tier:" not in part:
        part += "tier: critical\n"
    if not any(line.startswith("aws:") for line in part.splitlines()):
        part += 'aws: {account: "123456789012"}\n'
    body = "".join(f"    {line}\n" for line in part.splitlines())
    (stacks / "base.yaml").write_text(base, encoding="utf-8")
    (stacks / f"Pulumi.{environment}.yaml").write_text(f"config:\n  keystead:environment:\n{body}", encoding="utf-8")
    return load(environment, stacks)


@pytest.fixture
def load_spec(tmp_path: Path) -> Load:
    """Load an environment's part over the shop's base."""

    def loaded(part: str, **options: str) -> EnvironmentSpec:
        return load_part(tmp_path, part, **options)

    return loaded


@pytest.fixture
def problems(load_spec: Load) -> Callable[..., list[str]]:
    """Return the lines a person reads for a broken part."""

    def problems_of(part: str, **options: str) -> list[str]:
        with pytest.raises(SpecError) as caught:
            load_spec(part, **options)
        return [str(problem) for problem in caught.value.problems]

    return problems_of
