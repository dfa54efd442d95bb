"""The longest policies that AWS takes, held against the spec before anything is made.

Sources: IAM user guide, "IAM and AWS STS quotas" (a trust policy may have more only with a raised quota; white space is
not counted, and we send none); Secrets Manager user guide, "Quotas"; KMS developer guide, "Resource quotas".
"""

from collections.abc import Iterator, Sequence

from keystead.aws.key_policy import key_policy, services_of
from keystead.aws.role_list import Arns, Role, every_role, rotator_role
from keystead.aws.secret_policy import readers_of, secret_policy
from keystead.aws.statements import written
from keystead.model.aws.scope import AwsScope
from keystead.model.errors import Problem
from keystead.restrictions.aws import Statement
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.messages import counted, problem_in

ROLE_POLICY, TRUST_POLICY, SECRET_POLICY, KEY_POLICY = 10_240, 2_048, 20_480, 32_768
"""Characters of all inline policies of a role together, and of each of the other policies."""


def exceeded(spec: EnvironmentSpec) -> list[Problem]:
    """Return each policy of the environment that AWS would refuse for its length."""
    scope = spec.scope("aws")
    found: list[Problem] = []
    for role in every_role(scope, spec):
        found += _role(scope, spec, role)
    found += _granted(scope, spec, rotator_role(scope, spec))
    for name in spec.secrets_on("aws"):
        found += _secret(scope, spec, name)
    for name in spec.keys_on("aws"):
        found += _key(scope, spec, name)
    return found


def _role(scope: AwsScope, spec: EnvironmentSpec, role: Role) -> Iterator[Problem]:
    if role.reader is None:
        yield from _granted(scope, spec, role)
    else:
        yield from _reader(scope, spec, role, role.reader)
    what = f"the trust policy of role {role.name!r}, with {counted(len(role.trusts), 'principal')},"
    advice = "trust fewer principals, such as one role that the others may assume"
    yield from _exceeds(spec, f"{role.place}.trust", what, role.trusted, TRUST_POLICY, advice)


def _reader(scope: AwsScope, spec: EnvironmentSpec, role: Role, reader: str) -> Iterator[Problem]:
    secrets = spec.read_by(reader, "aws")
    restrictions = {spec.secrets[name].readers[reader].restriction_on("aws") for name in secrets}
    what = (
        f"the policy of role {role.name!r}, which reads {counted(len(secrets), 'secret')} under "
        f"{counted(len(restrictions), 'restriction')} with {counted(len(role.keys), 'key')},"
    )
    advice = (
        "let the workload read fewer secrets: keep values that are used together in one secret, or split the workload "
        "into several readers; fewer restrictions and keys help as well"
    )
    granted = role.granted(_arns(scope, spec, role.keys))
    yield from _exceeds(spec, role.place, what, granted, ROLE_POLICY, advice)


def _granted(scope: AwsScope, spec: EnvironmentSpec, role: Role) -> Iterator[Problem]:
    arns = _arns(scope, spec, role.keys)
    regional = counted(sum(map(len, arns.values())), "ARN of keys", "ARNs of keys")
    what = f"the policy of role {role.name!r}, with {regional} in {counted(len(scope.regions), 'region')},"
    advice = "use fewer keys: one key can encrypt all secrets that the same people manage; or replicate fewer of them"
    yield from _exceeds(spec, "keys", what, role.granted(arns), ROLE_POLICY, advice)


def _secret(scope: AwsScope, spec: EnvironmentSpec, name: str) -> Iterator[Problem]:
    secret, readers = spec.secrets[name], readers_of(scope, spec, name)
    restrictions = {reader.restriction_on("aws") for reader in secret.readers_on("aws").values()} - {None}
    what = (
        f"the resource policy of secret {name!r}, with {counted(len(readers), 'reader')} under "
        f"{counted(len(restrictions), 'restriction')},"
    )
    advice = "let readers share a restriction, let workloads share a reader, or make a secret for each group of readers"
    statements = secret_policy(scope, readers, rotated=spec.rotator_reads(name, "aws"))
    yield from _exceeds(spec, f"secrets.{name}.readers", what, statements, SECRET_POLICY, advice)


def _key(scope: AwsScope, spec: EnvironmentSpec, name: str) -> Iterator[Problem]:
    key = spec.keys[name]
    what = (
        f"the policy of key {name!r}, with {counted(len(key.users), 'user')}, "
        f"{counted(len(key.administrators), 'administrator')} and {counted(len(key.grants), 'grant')},"
    )
    advice = "let principals that use the key alike share a role, or use several keys"
    yield from _exceeds(
        spec, f"keys.{name}", what, key_policy(scope, key, services_of(scope, spec, name)), KEY_POLICY, advice
    )


def _arns(scope: AwsScope, spec: EnvironmentSpec, names: Sequence[str]) -> Arns:
    """Return ARNs as long as those of these keys: every id has 36 characters, that of a key with replicas too."""
    replicas = {name: key.replicas_on("aws") for name, key in spec.keys_on("aws").items()}
    return {
        name: [
            f"arn:{scope.partition}:kms:{region}:{scope.account}:key/{'0' * 36}"
            for region in (scope.region, *replicas.get(name, ()))
        ]
        for name in names
    }


def _exceeds(
    spec: EnvironmentSpec, path: str, what: str, statements: Sequence[Statement], most: int, advice: str
) -> Iterator[Problem]:
    length = len(written(statements))
    if length > most:
        text = f"{what} would have {length:,} characters, and AWS takes {most:,}; {advice}"
        yield problem_in(spec.environment, path, text)
