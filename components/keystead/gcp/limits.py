"""How many members policies of IAM take on GCP, held against the spec before anything is made.

Source: IAM guide, "Quotas and limits": 1,500 principals in an allow policy, of which 250 are groups or domains; each is
counted once for every binding that names it. Conditions have their own limit, see `keystead.restrictions.gcp`. Grants
on the project do not grow with secrets or readers.
"""

from collections.abc import Iterator, Sequence

from keystead.gcp.key_policy import key_policy
from keystead.gcp.secret_policy import secret_policy
from keystead.gcp.trust import trust
from keystead.model.errors import Problem
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.messages import counted, problem_in

MEMBERS, GROUPS = 1_500, 250
"""Members of one allow policy, and how many of them may be groups or domains."""

AGENTS = 2
"""Members that a policy has beside those of the spec: the agent of Secret Manager, and the rotator on AWS."""


def exceeded(spec: EnvironmentSpec) -> list[Problem]:
    """Return each policy of the environment that GCP would refuse for its members."""
    return [*_secrets(spec), *_keys(spec), *_accounts(spec)]


def _secrets(spec: EnvironmentSpec) -> Iterator[Problem]:
    scope = spec.scope("gcp")
    for name, secret in spec.secrets_on("gcp").items():
        readers = {reader: spec.restriction_of(name, reader, "gcp") for reader in secret.readers_on("gcp")}
        grants = secret_policy(scope, readers, by_hand=secret.rotation.by_hand)
        members = [grant.member for grant in grants]
        advice = "let workloads share a reader, or make a secret for each group of readers"
        yield from _exceeds(spec, f"secrets.{name}.readers", f"the policy of secret {name!r}", members, advice)


def _keys(spec: EnvironmentSpec) -> Iterator[Problem]:
    for name, key in spec.keys_on("gcp").items():
        members = [grant.member for grant in key_policy(spec.scope("gcp"), key)]
        advice = "name a group for people, let workloads share an account, or use several keys"
        yield from _exceeds(spec, f"keys.{name}", f"the policy of key {name!r}", members, advice)


def _accounts(spec: EnvironmentSpec) -> Iterator[Problem]:
    """Yield roles that too many members may take."""
    roles = spec.roles
    trusted: dict[str, Sequence[str]] = {
        "roles.administrators": roles.administrators.trust,
        "roles.auditors": roles.auditors.trust,
        "roles.break_glass": roles.break_glass.trust,
    }
    for reader in spec.readers("gcp"):
        readers = [spec.secrets[secret].readers[reader] for secret in spec.read_by(reader, "gcp")]
        trusted[f"secrets.*.readers.{reader}"] = sorted({one for found in readers for one in found.trust})
    for place, principals in trusted.items():
        members = [grant.member for grant in trust(principals)]
        what = f"the policy of the account of {place.rpartition('.')[2]!r}"
        yield from _exceeds(spec, f"{place}.trust", what, members, "name a group for people, and a pool for workloads")


def _exceeds(spec: EnvironmentSpec, path: str, what: str, members: Sequence[str], advice: str) -> Iterator[Problem]:
    groups = [member for member in members if member.startswith(("group:", "domain:"))]
    for found, most, kind in ((len(members) + AGENTS, MEMBERS, "member"), (len(groups), GROUPS, "group")):
        if found > most:
            text = f"{what} would have {counted(found, kind)}, and GCP takes {most:,}; {advice}"
            yield problem_in(spec.environment, path, text)
