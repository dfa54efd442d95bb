"""The rotator on AWS reaches the secrets of both clouds as itself, without a stored credential."""

from typing import Any

import pytest

from tests.components.gcp.provisioned import SHOP, Provisioned, provision

AWS: dict[str, Any] = {"account": "123456789012", "region": "us-east-1"}
ROLE = "arn:aws:sts::123456789012:assumed-role/prod-rotator"
GRANT = "secretmanager/secretIamMember:SecretIamMember"


@pytest.fixture(scope="module")
def both() -> Provisioned:
    return provision({**SHOP, "aws": AWS})


def test_the_pool_takes_the_environments_rotator_on_aws_and_nobody_else(both: Provisioned) -> None:
    (provider,) = both.of("iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider").values()
    assert provider.inputs["aws"] == {"accountId": "123456789012"}
    assert provider.inputs["attributeCondition"] == f'attribute.aws_role == "{ROLE}"'
    assert len(provider.inputs["workloadIdentityPoolProviderId"]) >= 4


def test_it_may_do_on_each_pair_what_the_rotator_may_and_on_no_other_secret() -> None:
    secrets = {**SHOP["secrets"], "gcp-only": {"purpose": "stays here", "key": "data", "clouds": ["gcp"]}}
    both = provision({**SHOP, "aws": AWS, "secrets": secrets})
    member = (
        "principalSet://iam.googleapis.com/projects/300000000003/locations/global/workloadIdentityPools/prod-keystead"
        f"/attribute.aws_role/{ROLE}"
    )
    grants = [one for one in both.of(GRANT).values() if one.inputs["member"] == member]
    assert {one.name for one in grants} == {"db-password", "card-key"}
    assert {one.inputs["role"] for one in grants} == {"projects/acme-prod/roles/keystead_prod_rotator"}


def test_it_lists_the_projects_secrets_as_the_rotator_does_and_only_once_the_role_is_there(both: Provisioned) -> None:
    grants = both.of("projects/iAMMember:IAMMember")
    (lists,) = [one for one in grants.values() if one.inputs["member"].startswith("principalSet://")]
    assert lists.inputs["role"] == "projects/acme-prod/roles/keystead_prod_sweep"
    order = [one.urn for one in both.resources]
    roles = both.of("projects/iAMCustomRole:IAMCustomRole").values()
    assert order.index(lists.urn) > max(order.index(one.urn) for one in roles)


def test_an_environment_on_gcp_alone_trusts_no_other_cloud() -> None:
    prod = provision(SHOP)
    assert prod.of("iam/workloadIdentityPool:WorkloadIdentityPool") == {}


def test_no_key_of_an_account_is_ever_made_for_it(both: Provisioned) -> None:
    assert not [one.type for one in both.resources if one.type.endswith("key:Key")]
