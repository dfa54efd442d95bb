"""What GCP would refuse for its members is refused before anything is made; what fits has no limit of ours."""

from typing import Any

from keystead.gcp.limits import exceeded
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import build

from bench.many_secrets import GCP, large_spec


def environment(**more: Any) -> EnvironmentSpec:
    declared = {"tier": "low", "owners": ["platform"], "gcp": GCP, "keys": {"data": {"purpose": "secrets"}}, **more}
    return build("prod", declared, {})


def read_by(count: int) -> EnvironmentSpec:
    readers: dict[str, Any] = {f"workload-{number}": {} for number in range(count)}
    return environment(secrets={"shared": {"purpose": "opens it", "key": "data", "readers": readers}})


def texts(spec: EnvironmentSpec) -> list[str]:
    return [str(problem) for problem in exceeded(spec)]


def test_a_thousand_secrets_and_a_hundred_readers_are_within_every_limit() -> None:
    spec = large_spec("gcp", 1000)
    assert (len(spec.secrets_on("gcp")), len(spec.readers("gcp"))) == (1000, 100)
    assert texts(spec) == []


def test_a_secret_has_as_many_readers_as_a_policy_takes_members_and_no_more() -> None:
    assert texts(read_by(1498)) == []
    (problem,) = texts(read_by(1499))
    assert problem == (
        "stacks/Pulumi.prod.yaml: keystead:environment.secrets.shared.readers: the policy of secret 'shared' would "
        "have 1,501 members, and GCP takes 1,500; let workloads share a reader, or make a secret for each group of "
        "readers"
    )


def test_too_many_groups_among_the_users_of_a_key_are_refused() -> None:
    groups = [f"group:team-{number}@example.com" for number in range(251)]
    (problem,) = texts(environment(keys={"data": {"purpose": "secrets", "users": groups}}))
    assert (
        "keystead:environment.keys.data: the policy of key 'data' would have 251 groups, and GCP takes 250" in problem
    )


def test_too_many_members_who_may_take_a_role_are_refused() -> None:
    people = [f"user:somebody-{number}@example.com" for number in range(1500)]
    (problem,) = texts(environment(roles={"auditors": {"trust": people}}))
    assert problem.startswith(
        "stacks/Pulumi.prod.yaml: keystead:environment.roles.auditors.trust: the policy of the account of 'auditors' "
    )
