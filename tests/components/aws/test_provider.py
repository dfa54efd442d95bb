"""Provider and environment: the account guard, and nothing that escapes it."""

import pytest

from tests.components.aws.provisioned import Provisioned, provision


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision("prod")


def test_provider_admits_the_environments_own_account_only(prod: Provisioned) -> None:
    (provider,) = [one for one in prod.resources if one.type == "pulumi:providers:aws"]
    assert '["333333333333"]' in str(provider.inputs["allowedAccountIds"]).replace("'", '"')


def test_every_resource_uses_the_guarded_provider(prod: Provisioned) -> None:
    custom = [one for one in prod.resources if one.type.startswith("aws:")]
    assert len(custom) > 50
    assert [one.name for one in custom if "::prod::" not in one.provider] == []


def test_no_value_of_a_secret_is_ever_declared(prod: Provisioned) -> None:
    types = {one.type for one in prod.resources}
    assert "aws:secretsmanager/secret:Secret" in types
    assert not [one for one in types if "secretVersion" in one or "random" in one]


def test_names_of_two_environments_never_meet() -> None:
    def names(environment: str) -> set[str]:
        return {
            str(one.inputs["name"])
            for one in provision(environment).resources
            if one.type.startswith("aws:") and one.inputs.get("name") not in (None, "keystead")
        }

    dev, prod = names("dev"), names("prod")
    assert dev
    assert prod
    assert all("dev" in name for name in dev)
    assert dev & prod == set()
