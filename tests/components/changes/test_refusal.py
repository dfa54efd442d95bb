"""What a cloud cannot change is refused before anything is touched, with what to do instead."""

from typing import Any

import pytest
from keystead.changes.deployed import Deployed
from keystead.changes.refusal import refuse_changes
from keystead.model.errors import SpecError
from keystead.spec.loading import build

PARENTS = "keystead:index:Environment$keystead:{cloud}:Environment$keystead:{cloud}:"
AWS = {"account": "444444444444", "region": "us-east-1", "replicas": ["us-west-2"]}
GCP = {"project": "acme-shop", "number": "444444444444", "location": "us-east1"}
RING = "projects/acme-shop/locations/us-east1/keyRings/shop"


def one(cloud: str, component: str, kind: str, named: str, **outputs: Any) -> dict[str, dict[str, Any]]:
    """One resource of the state."""
    types = PARENTS.format(cloud=cloud) + component + "$" + kind
    return {f"urn:pulumi:shop::acme::{types}::{named}": {"type": kind, "outputs": outputs}}


def aws_key(name: str = "data", *, region: str = "us-east-1", account: str = "444444444444", **more: Any) -> Any:
    """A key as AWS has it."""
    own = {"keyUsage": "ENCRYPT_DECRYPT", "multiRegion": True, "arn": f"arn:aws:kms:{region}:{account}:key/1"}
    return one("aws", "EncryptionKey", "aws:kms/key:Key", name, **own | more)


def gcp_key(name: str = "data", *, ring: str = RING, level: str = "SOFTWARE", **more: Any) -> Any:
    """A key as GCP has it."""
    own = {"purpose": "ENCRYPT_DECRYPT", "keyRing": ring, "name": name, "versionTemplate": {"protectionLevel": level}}
    return one("gcp", "EncryptionKey", "gcp:kms/cryptoKey:CryptoKey", name, **own | more)


def gcp_secret(*locations: str, **more: Any) -> Any:
    """A secret as GCP has it, in these locations, or wherever Google chooses."""
    replicas = [{"location": location} for location in locations]
    replication = {"userManaged": {"replicas": replicas}} if replicas else {"auto": {}}
    return one("gcp", "Secret", "gcp:secretmanager/secret:Secret", "till", replication=replication, **more)


def told(state: dict[str, Any], *, environment: str = "shop", **spec: Any) -> list[str]:
    """What is refused, by place; nothing where all is well."""
    whole = {"tier": "standard", "owners": ["shop"], "keys": {"data": {}}, **spec}
    try:
        refuse_changes(build(environment, whole, {}), Deployed(state))
    except SpecError as error:
        return [f"{problem.path.removeprefix('keystead:environment.')}: {problem.text}" for problem in error.problems]
    return []


def till(**more: Any) -> dict[str, Any]:
    """The spec's part for one secret."""
    return {"till": {"purpose": "opens the till", "key": "data", **more}}


def test_before_the_first_deployment_nothing_is_refused() -> None:
    assert told({}, aws=AWS, gcp=GCP, secrets=till()) == []


def test_what_is_deployed_as_the_spec_says_is_not_refused() -> None:
    state = aws_key() | gcp_key() | gcp_secret("us-east1")
    assert told(state, aws=AWS, gcp=GCP, secrets=till()) == []


def test_another_use_of_a_key_is_refused_on_each_cloud_with_the_advice_of_that_cloud() -> None:
    keys = {"data": {"use": "sign"}}
    (on_aws,) = told(aws_key(), aws=AWS, keys=keys)
    assert on_aws.startswith("keys.data.use: is sign and was encrypt when this was created, which cannot be changed;")
    assert "nothing was changed" in on_aws
    assert "add a key of another name; or set `replace: true`" in on_aws
    (on_gcp,) = told(gcp_key(), gcp=GCP, keys=keys)
    assert "add a key of another name" in on_gcp
    assert "replace" not in on_gcp


def test_the_first_replica_of_a_key_on_aws_is_refused_and_a_further_one_is_not() -> None:
    (first,) = told(aws_key(multiRegion=False), aws=AWS)
    assert first.startswith("keys.data.replicas: is us-west-2 on AWS and was without replicas on AWS")
    assert told(aws_key(), aws={**AWS, "replicas": ["us-west-2", "eu-west-1"]}) == []


def test_the_last_replica_of_a_key_may_go() -> None:
    assert told(aws_key(), aws={**AWS, "replicas": []}) == []


def test_a_replacement_that_the_spec_names_is_not_refused_on_aws() -> None:
    assert told(aws_key(), aws=AWS, keys={"data": {"use": "sign", "replace": True}}) == []
    assert told(aws_key(multiRegion=False), aws=AWS, keys={"data": {"replace": True}}) == []


def test_a_replacement_that_the_spec_names_is_refused_on_gcp_which_never_frees_a_name() -> None:
    (found,) = told(gcp_key(), gcp=GCP, keys={"data": {"use": "mac", "replace": True}})
    assert "it never frees the name of a key" in found


@pytest.mark.parametrize(("level", "tier", "keep"), [("SOFTWARE", "critical", "false"), ("HSM", "standard", "true")])
def test_another_protection_level_is_refused_and_the_key_can_be_kept_as_it_is(level: str, tier: str, keep: str) -> None:
    (found,) = told(gcp_key(level=level), gcp=GCP, tier=tier)
    assert found.startswith("keys.data.hsm: ")
    assert f"Set `hsm: {keep}` to keep the key as it is" in found
    assert told(gcp_key(level=level), gcp=GCP, tier=tier, keys={"data": {"hsm": keep == "true"}}) == []


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        ("aws.region", {"aws": {**AWS, "region": "eu-west-1"}}),
        ("aws.account", {"aws": {**AWS, "account": "555555555555"}}),
        ("gcp.project", {"gcp": {**GCP, "project": "acme-other"}}),
        ("gcp.location", {"gcp": {**GCP, "location": "us-west1"}}),
        ("gcp.generation", {"gcp": {**GCP, "generation": 2}}),
        ("gcp.key_ring", {"gcp": {**GCP, "key_ring": "company"}}),
    ],
)
def test_an_environment_does_not_move_to_another_place(place: str, changed: dict[str, Any]) -> None:
    (found,) = told(aws_key() | gcp_key(), **{"aws": AWS, "gcp": GCP, **changed})
    assert found.startswith(f"{place}: ")
    assert "an environment of another name there" in found


def test_an_environment_does_not_take_another_name() -> None:
    secret = {"arn": "arn:aws:secretsmanager:us-east-1:444444444444:secret:shop/till-abc", "name": "shop/till"}
    state = one("aws", "Secret", "aws:secretsmanager/secret:Secret", "till", **secret)
    (found,) = told(state, environment="store", aws=AWS, secrets=till())
    assert found.startswith("environment: is store and was shop")


@pytest.mark.parametrize(("before", "replicas"), [(["us-east1"], ["us-west1"]), (["us-east1", "us-west1"], [])])
def test_other_locations_of_a_secret_on_gcp_are_refused(before: list[str], replicas: list[str]) -> None:
    gcp = {**GCP, "replicas": replicas}
    (found,) = told(gcp_secret(*before), gcp=gcp, secrets=till())
    assert found.startswith(f"secrets.till.replicas: is to be stored in {', '.join(['us-east1', *replicas])} and was ")
    assert ("`replicas: false`" in found) is (before == ["us-east1"])
    assert told(gcp_secret(*before), gcp=gcp, secrets=till(replace=True)) == []


def test_a_secret_that_gcp_still_protects_is_replaced_in_two_steps() -> None:
    gcp = {**GCP, "replicas": ["us-west1"]}
    (found,) = told(gcp_secret("us-east1", deletionProtection=True), gcp=gcp, secrets=till(replace=True))
    assert "Set `protected: false` first" in found


def test_what_the_spec_no_longer_has_is_no_change() -> None:
    assert told(aws_key("old") | gcp_key("old") | gcp_secret("us-west1"), aws=AWS, gcp=GCP) == []


def test_what_other_components_of_the_stack_have_is_not_looked_at() -> None:
    own = {"keyUsage": "SIGN_VERIFY", "multiRegion": False, "arn": "arn:aws:kms:eu-west-1:1:key/1"}
    state = {"urn:pulumi:shop::acme::aws:kms/key:Key::data": {"type": "aws:kms/key:Key", "outputs": own}}
    assert told(state, aws=AWS) == []


def aws_secret(key: str) -> Any:
    """A secret as AWS has it, under the key with this ARN."""
    arn = "arn:aws:secretsmanager:us-east-1:444444444444:secret:shop/till-abc"
    return one("aws", "Secret", "aws:secretsmanager/secret:Secret", "till", arn=arn, name="shop/till", kmsKeyId=key)


OLD = "arn:aws:kms:us-east-1:444444444444:key/old"


def test_a_secret_moves_to_a_key_that_is_there() -> None:
    state = aws_key() | aws_key("old", arn=OLD) | aws_secret(OLD)
    assert told(state, aws=AWS, keys={"data": {}, "old": {}}, secrets=till()) == []


def test_a_secret_does_not_move_on_aws_to_a_key_that_the_same_run_makes() -> None:
    state = aws_key("old", arn=OLD) | aws_secret(OLD)
    (found,) = told(state, aws=AWS, keys={"data": {}, "old": {}}, secrets=till())
    assert found.startswith("secrets.till.key: is data, a key that this run would make on AWS")
    assert "Put old back, run `pulumi up`" in found


def test_a_new_secret_may_come_with_its_key() -> None:
    assert told(aws_key("old", arn=OLD), aws=AWS, keys={"data": {}, "old": {}}, secrets=till()) == []


def test_the_key_that_values_are_under_does_not_go_in_the_run_that_moves_them() -> None:
    (on_aws,) = told(aws_key() | aws_key("old", arn=OLD) | aws_secret(OLD), aws=AWS, secrets=till())
    assert on_aws.startswith(
        "secrets.till.key: is data, while the key old that its values are under on AWS is no longer"
    )
    replica = {"location": "us-east1", "customerManagedEncryption": {"kmsKeyName": f"{RING}/cryptoKeys/old"}}
    secret = one(
        "gcp", "Secret", "gcp:secretmanager/secret:Secret", "till", replication={"userManaged": {"replicas": [replica]}}
    )
    (on_gcp,) = told(gcp_key() | gcp_key("old") | secret, gcp=GCP, secrets=till())
    assert "Put the key old back, run `pulumi up`" in on_gcp


def test_a_key_on_gcp_whose_primary_version_is_about_to_be_destroyed_is_brought_back_first() -> None:
    primary = {"name": f"{RING}/cryptoKeys/data/cryptoKeyVersions/1", "state": "DESTROY_SCHEDULED"}
    (found,) = told(gcp_key(primaries=[primary]), gcp=GCP)
    assert found.startswith("keys.data: its primary version ")
    assert f"gcloud kms keys versions restore {primary['name']}" in found
    assert told(gcp_key(primaries=[{**primary, "state": "ENABLED"}]), gcp=GCP) == []
