"""Every role of an environment as plain data: who may assume it, what it may do, and which keys that names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from keystead.aws import role_policy
from keystead.aws.key_policy import ALIASING, LOOK, MANAGE
from keystead.aws.statements import statement
from keystead.aws.trust import trust, trust_services
from keystead.model.aws.scope import AwsScope
from keystead.restrictions.aws import Statement
from keystead.spec.environment import OPERATIONS_KEY, EnvironmentSpec

Arns = Mapping[str, Sequence[str]]
"""ARNs of a key in each of its regions, by the key's name."""


@dataclass(frozen=True)
class Role:
    """The two policies of one role; the second one names keys, whose ARNs are known after deployment only."""

    name: str
    """Full name of the role."""
    place: str
    """Where the spec says who takes the role, without `.trust`."""
    keys: Sequence[str]
    """Names of the keys in its policy, sorted."""
    trusts: Sequence[str]
    """Principals that the spec names."""
    trusted: list[Statement]
    granted: Callable[[Arns], list[Statement]]
    """Statements of its policy, from the ARNs of these keys."""
    reader: str | None = None
    """Name of the workload that the role is for."""


def every_role(scope: AwsScope, spec: EnvironmentSpec) -> Iterator[Role]:
    """Yield the roles of workloads and people; the rotator's is `rotator_role`."""
    for reader in spec.readers("aws"):
        yield _reader(scope, spec, reader)
    yield _administrator(scope, spec)
    yield _auditor(scope, spec)
    yield _break_glass(scope, spec)


def rotator_role(scope: AwsScope, spec: EnvironmentSpec) -> Role:
    """Return the role of the rotator."""
    used, moving = spec.encryption_keys_on("aws"), spec.moving("aws")
    by_hand = [name for name in moving.values() if spec.secrets[name].rotation.by_hand]

    def granted(arns: Arns) -> list[Statement]:
        own = role_policy.rotator(scope, operations_key=arns[OPERATIONS_KEY][0])
        return [*own, *role_policy.move_values(scope, moving, by_hand), *_using(scope, used, arns, writes=True)]

    keys = sorted({*used, OPERATIONS_KEY})
    return Role(scope.rotator_role, "secrets", keys, [LAMBDA], trust_services(scope, [LAMBDA]), granted)


LAMBDA = "lambda.amazonaws.com"


def _reader(scope: AwsScope, spec: EnvironmentSpec, reader: str) -> Role:
    secrets = spec.read_by(reader, "aws")
    used = spec.encryption_keys_on("aws")
    trusted = sorted({principal for secret in secrets for principal in spec.secrets[secret].readers[reader].trust})
    restrictions = {secret: spec.restriction_of(secret, reader, "aws") for secret in secrets}

    def granted(arns: Arns) -> list[Statement]:
        return [*role_policy.reader(scope, restrictions, scope.regions), *_using(scope, used, arns)]

    place = f"secrets.*.readers.{reader}"
    return Role(scope.reader_role(reader), place, used, trusted, trust(scope, trusted), granted, reader)


def _administrator(scope: AwsScope, spec: EnvironmentSpec) -> Role:
    used, keys = spec.encryption_keys_on("aws"), _all_keys(spec)

    def granted(arns: Arns) -> list[Statement]:
        manages = statement("Keys", "Allow", MANAGE, _listed(keys, arns))
        return [
            *role_policy.administrator(scope, scope.regions),
            manages,
            statement("Aliases", "Allow", ALIASING, scope.key_alias_arns()),
            *_using(scope, used, arns, writes=True),
        ]

    trusts = spec.roles.administrators.trust
    return Role(scope.administrator_role, "roles.administrators", keys, trusts, trust(scope, trusts), granted)


def _auditor(scope: AwsScope, spec: EnvironmentSpec) -> Role:
    keys = _all_keys(spec)

    def granted(arns: Arns) -> list[Statement]:
        return [*role_policy.auditor(scope, scope.regions), statement("Keys", "Allow", LOOK, _listed(keys, arns))]

    trusts = spec.roles.auditors.trust
    return Role(scope.auditor_role, "roles.auditors", keys, trusts, trust(scope, trusts), granted)


def _break_glass(scope: AwsScope, spec: EnvironmentSpec) -> Role:
    used = spec.encryption_keys_on("aws")

    def granted(arns: Arns) -> list[Statement]:
        return [*role_policy.break_glass(scope, scope.regions), *_using(scope, used, arns)]

    trusts = spec.roles.break_glass.trust
    return Role(scope.break_glass_role, "roles.break_glass", used, trusts, trust(scope, trusts, mfa=True), granted)


def _using(scope: AwsScope, keys: Sequence[str], arns: Arns, *, writes: bool = False) -> list[Statement]:
    return [role_policy.use_keys(scope, _listed(keys, arns), scope.regions, writes=writes)] if keys else []


def _all_keys(spec: EnvironmentSpec) -> list[str]:
    return sorted([*spec.keys_on("aws"), OPERATIONS_KEY])


def _listed(keys: Iterable[str], arns: Arns) -> list[str]:
    return [arn for key in keys for arn in arns[key]]
