"""The policies of an environment keep their size while its secrets grow in number, and what is too long is refused."""

from typing import Any

import pytest
from keystead.aws.limits import ROLE_POLICY, SECRET_POLICY, exceeded
from keystead.aws.role_list import every_role, rotator_role
from keystead.aws.secret_policy import readers_of, secret_policy
from keystead.aws.statements import written
from keystead.restrictions.restriction import Restriction
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import build

from bench.many_secrets import large_spec

MOST_OF_A_READER = 80
"""Secrets that one reader reads at least, in two regions, under four restrictions and none, with these names."""


def policies(spec: EnvironmentSpec) -> dict[str, str]:
    """The policy of every role as text, with one ARN for each key and region."""
    scope = spec.scope("aws")
    arns = {name: [f"arn:of:{name}:{region}" for region in scope.regions] for name in (*spec.keys, "operations")}
    return {role.name: written(role.granted(arns)) for role in (*every_role(scope, spec), rotator_role(scope, spec))}


def texts(spec: EnvironmentSpec) -> list[str]:
    return [str(problem) for problem in exceeded(spec)]


def named(spec: EnvironmentSpec, secret: str) -> dict[str, Restriction | None]:
    return readers_of(spec.scope("aws"), spec, secret)


def with_readers(secrets: dict[str, Any], restrictions: dict[str, Any] | None = None, **more: Any) -> EnvironmentSpec:
    overlay = {
        "tier": "low",
        "owners": ["platform"],
        "aws": {"account": "444444444444", "region": "us-east-1", "replicas": ["us-west-2"]},
        "restrictions": restrictions or {},
        "keys": {"data": {"purpose": "secrets", "replicas": ["us-west-2"]}},
        "secrets": {name: {"purpose": "opens it", "key": "data", "readers": of} for name, of in secrets.items()},
        **more,
    }
    return build("prod", overlay, {})


@pytest.mark.parametrize("role", ["rotator", "administrator", "auditor", "break-glass"])
def test_the_policy_of_a_role_is_the_same_for_ten_secrets_and_for_a_thousand(role: str) -> None:
    few, many = policies(large_spec("aws", 11)), policies(large_spec("aws", 1000))
    assert few[f"prod-{role}"] == many[f"prod-{role}"]


def test_a_thousand_secrets_a_hundred_readers_and_a_replica_region_are_within_every_limit() -> None:
    spec = large_spec("aws", 1000)
    assert (len(spec.secrets_on("aws")), len(spec.readers("aws")), len(spec.scope("aws").regions)) == (1000, 100, 2)
    assert texts(spec) == []
    assert max(map(len, policies(spec).values())) < ROLE_POLICY


def test_a_reader_may_read_many_secrets_in_every_region_under_several_restrictions() -> None:
    spec = large_spec("aws", MOST_OF_A_READER, readers=1)
    assert {len(spec.read_by(reader, "aws")) for reader in spec.readers("aws")} == {MOST_OF_A_READER}
    assert texts(spec) == []


def test_a_reader_of_too_many_secrets_is_named_with_its_size_the_limit_and_what_helps() -> None:
    spec = large_spec("aws", 400, readers=1)
    (problem,) = texts(spec)
    assert problem.startswith(
        "stacks/Pulumi.prod.yaml: keystead:environment.secrets.*.readers.workload-000: the policy of role "
        "'prod-workload-000-reader', which reads 400 secrets under 4 restrictions with 1 key, would have "
    )
    assert "characters, and AWS takes 10,240; let the workload read fewer secrets" in problem


def test_fifty_readers_of_a_secret_fit_under_several_restrictions() -> None:
    office = {"cidrs": ["203.0.113.0/24"]}
    restrictions = {
        "office": office,
        "mesh": {"networks": {"aws": ["vpce-0a1b2c3d"]}},
        "until": {"expires": "2099-01-01"},
    }
    names = [*restrictions]
    readers = {f"a-workload-with-a-long-name-{number:03}": {"restriction": names[number % 3]} for number in range(50)}
    spec = with_readers({"shared": readers}, restrictions)
    assert texts(spec) == []


def test_readers_under_one_restriction_share_its_statements() -> None:
    restrictions = {"office": {"cidrs": ["203.0.113.0/24"]}}
    one, many = (
        with_readers(
            {"shared": {f"workload-{number}": {"restriction": "office"} for number in range(count)}}, restrictions
        )
        for count in (1, 50)
    )
    sids = [
        [statement["Sid"] for statement in secret_policy(spec.scope("aws"), named(spec, "shared"), rotated=True)]
        for spec in (one, many)
    ]
    assert sids[0] == sids[1]
    assert [sid for sid in sids[1] if sid.startswith("Readers")] == ["Readers0Place"]


def test_a_secret_with_too_many_readers_is_named_with_its_size_the_limit_and_what_helps() -> None:
    readers: dict[str, Any] = {f"team-{number}-with-a-rather-long-name": {} for number in range(300)}
    (problem,) = texts(with_readers({"shared": readers}))
    assert problem.startswith(
        "stacks/Pulumi.prod.yaml: keystead:environment.secrets.shared.readers: the resource policy of secret 'shared', "
        "with 300 readers under 0 restrictions, would have "
    )
    assert f"and AWS takes {SECRET_POLICY:,}; let readers share a restriction" in problem


def test_too_many_keys_are_said_of_each_role_that_names_them() -> None:
    keys = {f"key-{number}": {"purpose": "one of many", "replicas": ["us-west-2"]} for number in range(80)}
    found = texts(with_readers({}, keys=keys))
    named = {text.partition("of role ")[2].partition(",")[0] for text in found}
    assert named == {f"'prod-{role}'" for role in ("administrator", "auditor", "break-glass", "rotator")}
    assert all("ARNs of keys in 2 regions" in text and "use fewer keys" in text for text in found)


def test_a_trust_policy_with_too_many_principals_is_refused() -> None:
    people = [f"arn:aws:iam::444444444444:user/somebody-{number}" for number in range(60)]
    roles = {"administrators": {"trust": people}}
    (problem,) = texts(with_readers({}, roles=roles))
    assert (
        "keystead:environment.roles.administrators.trust: the trust policy of role 'prod-administrator', with 60"
        in problem
    )
    assert "and AWS takes 2,048; trust fewer principals" in problem


def test_a_key_with_too_many_users_is_refused() -> None:
    users = [f"arn:aws:iam::444444444444:role/a-service-with-a-long-name-{number}" for number in range(300)]
    (problem,) = texts(with_readers({}, keys={"data": {"purpose": "secrets", "users": users}}))
    assert "keystead:environment.keys.data: the policy of key 'data', with 300 users" in problem
    assert "and AWS takes 32,768" in problem
