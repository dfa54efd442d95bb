"""Isolation among a thousand secrets: a sample of calls, judged by an evaluator of IAM policies that is not ours."""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from keystead.aws.key_policy import key_policy, services_of
from keystead.aws.role_list import every_role, rotator_role
from keystead.aws.secret_policy import readers_of, secret_policy
from keystead.aws.statements import document
from keystead.restrictions.restriction import Call
from keystead.spec.environment import EnvironmentSpec
from ministack.core import iam_evaluator as iam

from bench.many_secrets import AWS, large_spec

SECRETS, CALLS, SEED = 1000, 6000, 20261127
ACCOUNT, REGIONS = AWS["account"], (AWS["region"], *AWS["replicas"])
PLACES: dict[str, dict[str, Any]] = {
    "office": {"source_ip": "203.0.113.10"},
    "mesh": {"networks": frozenset({"vpce-0a1b2c3d"})},
    "elsewhere": {"source_ip": "192.0.2.1"},
}
ACTIONS = ("GetSecretValue", "PutSecretValue")


@dataclass(frozen=True)
class Attempt:
    """One call of a role on a secret."""

    role: str
    secret: str
    action: str
    place: str
    region: str
    tls: bool


class Account:
    """The policies of an environment as an account would hold them, and what IAM makes of a call."""

    def __init__(self, spec: EnvironmentSpec) -> None:
        self.spec, self.scope = spec, spec.scope("aws")
        self.keys = {name: [self._key_arn(region) for region in REGIONS] for name in (*spec.keys, "operations")}
        roles = (*every_role(self.scope, spec), rotator_role(self.scope, spec))
        self.roles = {role.name: iam.parse_policy_document(document(role.granted(self.keys))) for role in roles}

    def allows(self, attempt: Attempt) -> bool:
        """Whether the call succeeds: it is allowed itself, and so is what Secrets Manager then does with the key."""
        arn = f"arn:aws:secretsmanager:{attempt.region}:{ACCOUNT}:secret:prod/{attempt.secret}-AbCdEf"
        secret, readers = self.spec.secrets[attempt.secret], readers_of(self.scope, self.spec, attempt.secret)
        by_hand = secret.rotation.by_hand
        keys = {"aws:resourcetag/keystead:environment": "prod", "aws:viaawsservice": "false"}
        if by_hand:
            keys["aws:resourcetag/keystead:rotation"] = "manual"
        else:
            keys["secretsmanager:resource/allowrotationlambdaarn"] = self.scope.rotator_function_arn
        if attempt.place == "mesh":
            keys["aws:sourcevpce"] = "vpce-0a1b2c3d"
        own = document(secret_policy(self.scope, readers, rotated=not by_hand))
        source = PLACES[attempt.place].get("source_ip")
        asked = self._context(attempt, f"secretsmanager:{attempt.action}", arn, source, keys)
        if self._decide(attempt.role, asked, own, required=False) != "Allow":
            return False
        used = ("kms:Decrypt",) if attempt.action == "GetSecretValue" else ("kms:GenerateDataKey", "kms:Decrypt")
        return all(self._uses(attempt, action, arn, secret.key) for action in used)

    def _uses(self, attempt: Attempt, action: str, arn: str, key: str) -> bool:
        keys = {
            "kms:viaservice": f"secretsmanager.{attempt.region}.amazonaws.com",
            "kms:calleraccount": ACCOUNT,
            "kms:encryptioncontext:secretarn": arn,
            "aws:resourcetag/keystead:environment": "prod",
            "aws:viaawsservice": "true",
        }
        policy = document(key_policy(self.scope, self.spec.keys[key], services_of(self.scope, self.spec, key)))
        asked = self._context(attempt, action, self._key_arn(attempt.region), None, keys)
        return self._decide(attempt.role, asked, policy, required=True) == "Allow"

    def _decide(self, role: str, asked: iam.EvalContext, policy: Any, *, required: bool) -> str:
        own = iam.evaluate(asked, [self.roles[role]])
        return str(iam.combine_resource_policy(own, asked, policy, ACCOUNT, required=required).decision)

    def _context(
        self, attempt: Attempt, action: str, resource: str, source: str | None, keys: dict[str, Any]
    ) -> iam.EvalContext:
        return iam.EvalContext(
            principal_arn=self.scope.role_arn(attempt.role),
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=action,
            resource_arn=resource,
            region=attempt.region,
            source_ip=source,
            secure_transport=attempt.tls,
            service_context=keys,
            principal_keys={"aws:principaltag/keystead:environment": "prod", "aws:principalisawsservice": "false"},
        )

    def _key_arn(self, region: str) -> str:
        return f"arn:aws:kms:{region}:{ACCOUNT}:key/mrk-{'0' * 32}"


def permitted(spec: EnvironmentSpec, attempt: Attempt) -> bool:
    """What the spec says of a call, without looking at any policy."""
    secret, role = spec.secrets[attempt.secret], attempt.role.removeprefix("prod-")
    by_hand, home = secret.rotation.by_hand, attempt.region == REGIONS[0]
    if not attempt.tls:
        return False
    if attempt.action == "PutSecretValue":
        return home and role == ("administrator" if by_hand else "rotator")
    if role == "rotator":
        return home and not by_hand
    reader = role.removesuffix("-reader")
    if reader == role or reader not in secret.readers_on("aws"):
        return role == "break-glass"
    restriction = spec.restriction_of(attempt.secret, reader, "aws")
    call = Call(time=datetime.now(UTC), tls="1.3", **PLACES[attempt.place])
    return restriction is None or restriction.permits(call)


def sample(spec: EnvironmentSpec, roles: list[str]) -> list[Attempt]:
    """Draw calls: half by a role that is named for the secret, half by any; the sample of a seed is always the same."""
    chosen = random.Random(SEED)  # noqa: S311  # a sample, no secret
    attempts = []
    for number in range(CALLS):
        secret = chosen.choice(sorted(spec.secrets))
        named = [f"prod-{reader}-reader" for reader in sorted(spec.secrets[secret].readers)]
        role = chosen.choice([*named, "prod-rotator", "prod-administrator"] if number % 2 else roles)
        place, region, tls = chosen.choice(sorted(PLACES)), chosen.choice(REGIONS), chosen.random() < 0.9
        attempts.append(Attempt(role, secret, chosen.choice(ACTIONS), place, region, tls))
    return attempts


@pytest.fixture(scope="module")
def account() -> Account:
    return Account(large_spec("aws", SECRETS))


def test_no_role_reads_or_writes_any_of_a_thousand_secrets_unless_the_spec_says_so(account: Account) -> None:
    attempts = sample(account.spec, sorted(account.roles))
    decided = [(attempt, permitted(account.spec, attempt), account.allows(attempt)) for attempt in attempts]
    allowed = sum(expected for _, expected, _ in decided)
    print(f"seed {SEED}: {len(attempts)} calls of {len({one.role for one in attempts})} roles on ", end="")
    print(f"{len({one.secret for one in attempts})} secrets, {allowed} of them permitted; the first three:")
    print(json.dumps([vars(one) for one in attempts[:3]], indent=1))
    assert [attempt for attempt, expected, found in decided if expected != found] == []
    assert CALLS / 10 < allowed < CALLS / 2
    assert {one.role for one in attempts} == set(account.roles)
