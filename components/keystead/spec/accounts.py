"""Accounts of workloads whose ids are short on some clouds, so that two readers could get the same one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from keystead.model.clouds import TITLES, Cloud
from keystead.model.gcp.scope import ROLES, account_id
from keystead.model.section import MisplacedError
from keystead.spec.secrets import SecretSpec

Problem = tuple[tuple[str, ...], None, str]


@dataclass(frozen=True)
class _Ids:
    """How ids of accounts are made on a cloud."""

    of: Callable[[str, str], str]
    """Id of an account, from the environment and the short name of its role or reader."""
    roles: Sequence[str]
    """Roles of Keystead's own."""


_SHORT_IDS: Mapping[Cloud, _Ids] = {"gcp": _Ids(account_id, ROLES)}
"""Clouds where an id may not hold the whole name. A role of AWS always does, see ENVIRONMENT_LENGTH."""


def check_accounts(environment: str, secrets: Mapping[str, SecretSpec]) -> None:
    """Refuse readers whose account would be that of another reader or of one of Keystead's own roles."""
    problems = [problem for cloud in _SHORT_IDS for problem in _taken(cloud, environment, secrets)]
    if problems:
        raise MisplacedError(problems)


def _taken(cloud: Cloud, environment: str, secrets: Mapping[str, SecretSpec]) -> Iterator[Problem]:
    ids = _SHORT_IDS[cloud]
    owners = {ids.of(environment, role): f"Keystead's own {role}" for role in ids.roles}
    for name, secret in sorted(secrets.items()):
        for reader in sorted(secret.readers_on(cloud)):
            account, own = ids.of(environment, reader), f"reader {reader}"
            if owners.setdefault(account, own) != own:
                text = f"would have the account {account} on {TITLES[cloud]}, which belongs to {owners[account]}"
                yield (name, "readers", reader), None, f"{text}; choose another name"
