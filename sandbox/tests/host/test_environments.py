"""What the sandbox reads of stack files, and what it says of files it cannot read."""

from pathlib import Path

import pytest
from keystead_sandbox.common.errors import SandboxError, UsageError
from keystead_sandbox.host.environments import AwsAccount, GcpProject, chosen, declared

STACK = 'config: {{keystead:environment: {{tier: {tier}, aws: {{account: "{account}", region: us-east-1}}}}}}\n'


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK.format(tier="critical", account="000000000003"))
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK.format(tier="low", account="000000000001"))
    (tmp_path / "base.yaml").write_text("owners: [shop]\n")
    return tmp_path


def test_environments_come_from_the_least_to_the_most_sensitive(stacks: Path) -> None:
    assert [(one.name, one.aws and one.aws.account, one.colour) for one in chosen(stacks, None)] == [
        ("dev", "000000000001", "green"),
        ("prod", "000000000003", "red"),
    ]


def test_an_environment_that_is_not_there_is_named_beside_those_that_are(stacks: Path) -> None:
    with pytest.raises(UsageError, match="no environment 'stage'; choose among dev, prod"):
        chosen(stacks, ["stage"])


@pytest.mark.parametrize("name", ["base.yaml", "Pulumi.dev.yaml"])
def test_a_file_that_is_no_yaml_is_named_with_its_line_and_never_quoted(stacks: Path, name: str) -> None:
    (stacks / name).write_text("owners: [shop]\npassword: *hunter2hunter2: [\n")
    with pytest.raises(SandboxError) as caught:
        declared(stacks)
    assert (
        str(caught.value) == f"{name} is not valid YAML in line 2; correct the file; run `keystead check` for details"
    )


def test_a_missing_region_is_named_with_its_file(stacks: Path) -> None:
    (stacks / "Pulumi.dev.yaml").write_text('config: {keystead:environment: {aws: {account: "000000000001"}}}\n')
    with pytest.raises(SandboxError, match=r"Pulumi\.dev\.yaml: .*aws\.region is missing; name an AWS region"):
        declared(stacks)


ON_GCP = "config: {{keystead:environment: {{tier: low, {places}}}}}\n"
PROJECT = 'gcp: {project: acme-dev, number: "100000000001", location: us-east1}'


@pytest.mark.parametrize(
    ("places", "homes"),
    [
        (PROJECT, [GcpProject("acme-dev", "100000000001", "us-east1")]),
        (
            f'aws: {{account: "000000000001"}}, {PROJECT}',
            [AwsAccount("000000000001", "us-west-2"), GcpProject("acme-dev", "100000000001", "us-east1")],
        ),
        ('aws: {account: "000000000001"}, gcp: null', [AwsAccount("000000000001", "us-west-2")]),
        (
            'gcp: {project: acme-dev, number: "100000000001"}',
            [GcpProject("acme-dev", "100000000001", "europe-west4")],
        ),
    ],
    ids=["one cloud", "both", "one taken away", "merged over the base"],
)
def test_an_environment_lives_on_one_cloud_or_on_both(
    stacks: Path, places: str, homes: list[AwsAccount | GcpProject]
) -> None:
    (stacks / "base.yaml").write_text("aws: {region: us-west-2}\ngcp: {location: europe-west4}\n")
    (stacks / "Pulumi.dev.yaml").write_text(ON_GCP.format(places=places))
    assert list(declared(stacks)["dev"].homes()) == homes


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (
            "gcp: {project: acme-dev, location: us-east1}",
            r"\.number is missing; write the project's number in quotes",
        ),
        ('gcp: {project: acme-dev, number: "100000000001"}', r"\.location is missing; name a GCP region, or global"),
        (
            PROJECT.replace("acme-dev", "Acme"),
            "'Acme' with number '100000000001' is not a valid project; `keystead check`",
        ),
        (
            PROJECT.replace("100000000001", "12"),
            "'acme-dev' with number '12' is not a valid project; `keystead check`",
        ),
    ],
)
def test_a_project_that_cannot_be_one_is_named_with_its_file(stacks: Path, places: str, told: str) -> None:
    (stacks / "Pulumi.dev.yaml").write_text(ON_GCP.format(places=places))
    with pytest.raises(SandboxError, match=rf"^Pulumi\.dev\.yaml: keystead:environment\.gcp.*{told}"):
        declared(stacks)
