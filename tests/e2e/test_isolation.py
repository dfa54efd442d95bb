"""Isolation, proved against the enforcing emulator: every role against every secret from every place."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from keystead.restrictions.restriction import Call
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import load

from tests.e2e.conftest import User
from tests.e2e.landscape import ELSEWHERE, ENVIRONMENTS, MESH, OFFICE, ROOT, Sandbox

PLACES: dict[str, dict[str, Any]] = {
    OFFICE: {"source_ip": "203.0.113.10"},
    MESH: {"networks": frozenset({"vpce-0a1b2c3d"})},
    ELSEWHERE: {"source_ip": "198.51.100.7"},
}


@pytest.fixture(scope="module")
def sandbox(full_landscape: User) -> Sandbox:
    return full_landscape.sandbox


def permitted(spec: EnvironmentSpec, role: str, secret: str, place: str, *, tls: bool) -> bool:
    """What the spec says of one call, without looking at any policy."""
    if not tls:
        return False
    if role == "break-glass":
        return True
    reader = role.removesuffix("-reader")
    if reader == role or reader not in spec.secrets[secret].readers_on("aws"):
        return False
    restriction = spec.restriction_of(secret, reader, "aws")
    return restriction is None or restriction.permits(Call(time=datetime.now(UTC), tls="1.3", **PLACES[place]))


def sessions(sandbox: Sandbox, environment: str) -> dict[str, boto3.Session]:
    """A session of every role that people and workloads can take."""
    made = {}
    for role, arn in sandbox.outputs(environment)["roles"].items():
        if role == "rotator":
            continue
        made[role] = sandbox.break_glass(environment) if role == "break-glass" else sandbox.assume(environment, arn)
    return made


def outcome(client: object, secret: str) -> str:
    """`read`, or why not; a secret that waits for its first value was reached as well."""
    try:
        client.get_secret_value(SecretId=secret)  # type: ignore[attr-defined]
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return "read" if code == "ResourceNotFoundException" else code
    return "read"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_role_reads_exactly_what_the_spec_says_from_where_it_says(sandbox: Sandbox, environment: str) -> None:
    spec = load(environment, ROOT / "stacks")
    wrong = []
    calls = 0
    for role, session in sessions(sandbox, environment).items():
        for place in PLACES:
            for tls in (True, False):
                client = sandbox.client(environment, "secretsmanager", session, address=place, tls=tls)
                for secret in spec.secrets_on("aws"):
                    calls += 1
                    expected = permitted(spec, role, secret, place, tls=tls)
                    found = outcome(client, f"{environment}/{secret}")
                    if found not in (("read",) if expected else ("AccessDeniedException", "AccessDenied")):
                        wrong.append((role, secret, place, tls, expected, found))
    assert wrong == []
    assert calls >= 8 * 8 * 3 * 2


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_reader_may_read_something_somewhere(environment: str) -> None:
    spec = load(environment, ROOT / "stacks")
    for reader in spec.readers("aws"):
        assert any(
            permitted(spec, f"{reader}-reader", secret, place, tls=True)
            for secret in spec.read_by(reader, "aws")
            for place in PLACES
        ), reader


def test_a_role_of_one_environment_is_refused_in_every_other(sandbox: Sandbox) -> None:
    for own in ENVIRONMENTS:
        for role, session in sessions(sandbox, own).items():
            for other in set(ENVIRONMENTS) - {own}:
                client = sandbox.client(other, "secretsmanager", session, address=OFFICE)
                found = outcome(client, f"{other}/payments-api-key")
                assert found in ("AccessDeniedException", "UnrecognizedClientException"), (own, role, other)


def test_nobody_but_lambda_takes_the_rotators_role(sandbox: Sandbox) -> None:
    for environment in ENVIRONMENTS:
        with pytest.raises(ClientError, match="AccessDenied"):
            sandbox.assume(environment, sandbox.outputs(environment)["roles"]["rotator"])


def test_break_glass_is_refused_without_a_second_factor(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        sandbox.assume("prod", sandbox.outputs("prod")["roles"]["break-glass"])


def test_the_deployer_itself_cannot_read_a_value(sandbox: Sandbox) -> None:
    for environment in ENVIRONMENTS:
        assert outcome(sandbox.client(environment, "secretsmanager"), f"{environment}/payments-api-key") == (
            "AccessDeniedException"
        )


def test_a_reader_cannot_decrypt_with_the_key_itself(sandbox: Sandbox) -> None:
    session = sessions(sandbox, "prod")["checkout-reader"]
    kms = sandbox.client("prod", "kms", session, address=MESH)
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.encrypt(KeyId="alias/prod/data", Plaintext=b"x")
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId="alias/prod/data", KeySpec="AES_256")


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_who_audits_or_manages_sees_the_status_of_the_environment(sandbox: Sandbox, tmp_path: Path, role: str) -> None:
    shown = sandbox.run(*sandbox.acting("prod", role, tmp_path), "keystead", "status", "-e", "prod")
    assert shown.code == 0, shown.output
    assert "payments-api-key" in shown.output
