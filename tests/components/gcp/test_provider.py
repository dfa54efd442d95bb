"""The provider: nothing is made in a project that is not the environment's."""

import pytest
from keystead.gcp.provider import check_project
from keystead.model.errors import CloudError
from keystead.model.gcp.scope import GcpScope

from tests.components.gcp.provisioned import PROJECT, SHOP, Resource, provision

SCOPE = GcpScope(
    environment="prod",
    tier="critical",
    owners=("payments",),
    project="acme-prod",
    number="300000000003",
    location="us-east1",
    region="us-east1",
)


def test_provider_works_in_the_environments_project_and_labels_what_it_makes() -> None:
    (provider,) = [
        one
        for one in provision(SHOP).resources
        if one.type == "pulumi:providers:gcp" and not one.name.endswith("-guard")
    ]
    assert provider.inputs["project"] == "acme-prod"
    assert provider.inputs["defaultLabels"] == (
        '{"keystead-environment": "prod", "keystead-tier": "critical", "keystead-owner": "payments", '
        '"keystead-managed-by": "keystead"}'
    )
    assert provider.inputs["addPulumiAttributionLabel"] == "false"


def test_what_looks_at_the_project_first_is_bound_to_it_as_well() -> None:
    (guard,) = [one for one in provision(SHOP).resources if one.name == "prod-guard"]
    assert guard.inputs["project"] == "acme-prod"


@pytest.mark.parametrize("labels", [{}, {"keystead-environment": "prod", "team": "payments"}])
def test_the_environments_own_project_is_admitted(labels: dict[str, str]) -> None:
    provisioned = provision(SHOP, project={**PROJECT, "labels": labels})
    assert {one.name for one in provisioned.resources if one.custom} > {"prod-guard", "prod"}


def test_a_project_with_another_number_is_refused_with_both_numbers() -> None:
    with pytest.raises(CloudError, match=r"'acme-prod' has number '1', and gcp.number .* is '300000000003'"):
        check_project(SCOPE, "1", {})


def test_a_project_of_another_environment_is_refused_by_its_label() -> None:
    with pytest.raises(CloudError, match="belongs to environment 'staging'"):
        check_project(SCOPE, "300000000003", {"keystead-environment": "staging"})


@pytest.mark.parametrize(
    "project", [{**PROJECT, "number": "999999999999"}, {**PROJECT, "labels": {"keystead-environment": "staging"}}]
)
def test_nothing_is_made_in_a_project_that_the_guard_refuses(project: dict[str, object]) -> None:
    registered: list[Resource] = []
    with pytest.raises(CloudError, match="acme-prod"):
        provision(SHOP, project=project, registered=registered)
    assert {one.name for one in registered if one.custom} == {"prod-guard"}
