"""Compiled policies decide as the restriction itself does, judged by an evaluator of IAM policies that is not ours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from keystead.model.errors import RestrictionError
from keystead.restrictions.aws import allow_within, deny_outside
from keystead.restrictions.backends import BACKENDS, Backend, unenforced
from keystead.restrictions.restriction import Call, Restriction
from ministack.core import iam_evaluator as iam

ACCOUNT = "123456789012"
READER, OTHER, BREAK_GLASS = (f"arn:aws:iam::{ACCOUNT}:role/prod-{name}" for name in ("api-reader", "web-reader", "x"))
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:prod/db-password-AbCdEf"
READ = "secretsmanager:GetSecretValue"
ENDPOINT, OTHER_ENDPOINT, VPC = "vpce-0a1b2c3d", "vpce-99999999", "vpc-0a1b2c3d"
EXPIRY = datetime(2027, 6, 30, tzinfo=UTC)

RESTRICTIONS = [
    Restriction.model_validate({"tls": "1.2", **dict(filter(None, clauses))})
    for clauses in product(
        [None, ("cidrs", ["203.0.113.0/24"]), ("cidrs", ["198.51.100.7/32", "2001:db8::/32"])],
        [None, *(("networks", {"aws": networks}) for networks in ([ENDPOINT], [VPC], [ENDPOINT, VPC]))],
        [None, ("identities", {"aws": [READER]}), ("identities", {"aws": [f"arn:aws:iam::{ACCOUNT}:role/prod-api-*"]})],
        [None, ("expires", "2027-06-30")],
    )
]
"""Every combination of clauses that IAM can hold."""

PLACES: list[dict[str, Any]] = [
    {"source_ip": "203.0.113.10"},
    {"source_ip": "198.51.100.7"},
    {"source_ip": "2001:db8::1"},
    {"source_ip": "192.0.2.1"},
    {"networks": frozenset({ENDPOINT, VPC})},
    {"networks": frozenset({OTHER_ENDPOINT, VPC})},
    {"networks": frozenset({OTHER_ENDPOINT})},
    {"source_ip": "203.0.113.10", "via_service": True},
    {"source_ip": "192.0.2.1", "via_service": True},
]

CALLS = [
    Call(**place, time=time, identity=identity, tls=tls)
    for place, time, identity, tls in product(
        PLACES, [EXPIRY - timedelta(seconds=1), EXPIRY], [READER, OTHER], ["1.2", None]
    )
]
"""Every kind of place, on both sides of every other clause."""


def context(call: Call, *, tell_via: bool) -> iam.EvalContext:
    """What AWS documents as the request context of such a call; services may leave out aws:ViaAWSService."""
    keys: dict[str, Any] = {"aws:viaawsservice": str(call.via_service).lower()} if tell_via or call.via_service else {}
    for network in call.networks:
        keys["aws:sourcevpce" if network.startswith("vpce-") else "aws:sourcevpc"] = network
    return iam.EvalContext(
        principal_arn=str(call.identity),
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=READ,
        resource_arn=SECRET,
        region="us-east-1",
        source_ip=call.source_ip,
        secure_transport=call.tls is not None,
        service_context=keys,
    )


def decide(statements: list[dict[str, Any]], call: Call, *, tell_via: bool = True) -> str:
    plain = [{key: value for key, value in one.items() if key != "Principal"} for one in statements]
    parsed = iam.parse_policy_document({"Version": "2012-10-17", "Statement": plain})
    clock = SimpleNamespace(now=lambda _zone: call.time, fromisoformat=datetime.fromisoformat)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(iam, "_dt", SimpleNamespace(datetime=clock, timezone=SimpleNamespace(utc=UTC)))
        return str(iam.evaluate(context(call, tell_via=tell_via), [parsed]).decision)


def denials(restriction: Restriction, **options: Any) -> list[dict[str, Any]]:
    given_options = {"principals": [], "exempt": [], "actions": [READ], "resource": "*", "sid_prefix": "X"} | options
    return deny_outside(restriction, **given_options)


def permissions(restriction: Restriction | None) -> list[dict[str, Any]]:
    return allow_within(restriction, actions=[READ], resources=[SECRET], extra_conditions={}, sid="Read")


def wrong(decided: Callable[[Restriction, Call], bool], expected: Callable[[Restriction, Call], bool]) -> list[Any]:
    """Return every combination in which a policy decides otherwise than expected."""
    return [
        (restriction, call)
        for restriction, call in product(RESTRICTIONS, CALLS)
        if decided(restriction, call) is not expected(restriction, call)
    ]


def permitted_apart_from_place(restriction: Restriction, call: Call) -> bool:
    """A resource leaves the place of a service that calls for somebody to the policy of the caller's role."""
    if not call.via_service:
        return restriction.permits(call)
    rest = {name: value for name, value in restriction if name not in {"cidrs", "networks"}}
    return Restriction.model_construct(**{**dict(Restriction(tls="1.2")), **rest}).permits(call)


@pytest.mark.parametrize("tell_via", [True, False])
def test_a_role_is_allowed_exactly_what_the_restriction_permits(*, tell_via: bool) -> None:
    def allowed(restriction: Restriction, call: Call) -> bool:
        return decide(permissions(restriction), call, tell_via=tell_via) == "Allow"

    assert wrong(allowed, Restriction.permits) == []


@pytest.mark.parametrize("tell_via", [True, False])
def test_a_resource_denies_exactly_what_the_restriction_does_not_permit(*, tell_via: bool) -> None:
    def passes(restriction: Restriction, call: Call) -> bool:
        return decide(denials(restriction), call, tell_via=tell_via) != "Deny"

    assert wrong(passes, permitted_apart_from_place) == []


def test_role_and_resource_together_permit_exactly_what_the_restriction_does() -> None:
    def allowed(restriction: Restriction, call: Call) -> bool:
        return decide([*permissions(restriction), *denials(restriction)], call) == "Allow"

    assert wrong(allowed, Restriction.permits) == []


def test_denials_apply_to_the_named_roles_and_never_to_exempt_ones() -> None:
    def passes(restriction: Restriction, call: Call) -> bool:
        bound = denials(restriction, principals=[READER, BREAK_GLASS], exempt=[BREAK_GLASS])
        free = {decide(bound, replace(call, identity=identity)) for identity in (BREAK_GLASS, OTHER)}
        assert free == {"ImplicitDeny"}
        return decide(bound, replace(call, identity=READER)) != "Deny"

    assert wrong(passes, lambda one, call: permitted_apart_from_place(one, replace(call, identity=READER))) == []


@pytest.mark.parametrize("restriction", RESTRICTIONS, ids=lambda one: "-".join(one.clauses()))
def test_statements_have_distinct_alphanumeric_ids_and_come_out_the_same_each_time(restriction: Restriction) -> None:
    for compiled in (denials(restriction), permissions(restriction)):
        ids = [one["Sid"] for one in compiled]
        assert len(set(ids)) == len(ids)
        assert all(one.isalnum() and one.isascii() for one in ids)
    again = Restriction.model_validate(restriction.model_dump(mode="json", by_alias=True))
    assert (denials(again), permissions(again)) == (denials(restriction), permissions(restriction))


def test_a_denial_reads_as_one_expects() -> None:
    restriction = Restriction.model_validate({"cidrs": ["203.0.113.0/24"], "networks": {"aws": [ENDPOINT, VPC]}})
    place, tls = denials(restriction, principals=[READER], exempt=[BREAK_GLASS], sid_prefix="Api")
    assert place == {
        "Sid": "ApiPlace",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": [READ],
        "Resource": "*",
        "Condition": {
            "ArnEquals": {"aws:PrincipalArn": [READER]},
            "ArnNotEquals": {"aws:PrincipalArn": [BREAK_GLASS]},
            "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]},
            "StringNotEquals": {"aws:SourceVpce": [ENDPOINT], "aws:SourceVpc": [VPC]},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
        },
    }
    assert tls["Sid"] == "ApiTls"
    assert tls["Condition"]["Bool"] == {"aws:SecureTransport": "false"}


def test_without_a_restriction_only_the_extra_conditions_limit_a_role() -> None:
    extra = {"StringEquals": {"secretsmanager:VersionStage": ["AWSCURRENT"]}}
    statements = allow_within(None, actions=[READ], resources=[SECRET], extra_conditions=extra, sid="Read")
    assert statements == [
        {"Sid": "Read", "Effect": "Allow", "Action": [READ], "Resource": [SECRET], "Condition": extra}
    ]


def test_extra_conditions_hold_in_every_statement_and_must_not_be_overwritten() -> None:
    restriction = Restriction.model_validate({"cidrs": ["203.0.113.0/24"], "networks": {"aws": [ENDPOINT]}})
    extra = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    statements = allow_within(restriction, actions=[READ], resources=[SECRET], extra_conditions=extra, sid="Read")
    assert [one["Sid"] for one in statements] == ["ReadAddress", "ReadEndpoint"]
    for one in statements:
        assert one["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true", "aws:SecureTransport": "true"}
    clash = {"Bool": {"aws:SecureTransport": "false"}}
    with pytest.raises(ValueError, match="two conditions use Bool on aws:SecureTransport"):
        allow_within(restriction, actions=[READ], resources=[SECRET], extra_conditions=clash, sid="Read")


@pytest.mark.parametrize(
    ("clause", "raw"),
    [
        ("hours", {"hours": {"from": "07:00", "to": "20:00"}}),
        ("countries", {"countries": ["DE"]}),
        ("tls", {"tls": "1.3"}),
        ("cidrs", {"cidrs": ["192.168.0.0/16"]}),
        ("networks", {"networks": {"gcp": ["prod-vpc"]}}),
        ("identities", {"identities": {"gcp": ["checkout@acme-prod.iam.gserviceaccount.com"]}}),
    ],
)
def test_a_clause_that_iam_cannot_hold_is_an_error_of_every_compiler(clause: str, raw: dict[str, Any]) -> None:
    restriction = Restriction.model_validate(raw)
    for backend in ("aws-secret-policy", "aws-key-policy", "aws-role-policy"):
        [problem] = unenforced(restriction, backend)
        assert problem.startswith(f"clause {clause}: {BACKENDS[backend].title} ")
    for compiler in (denials, permissions):
        with pytest.raises(RestrictionError, match=f"^clause {clause}: the "):
            compiler(restriction)


def test_the_error_says_which_backends_can_hold_the_clause() -> None:
    restriction = Restriction.model_validate({"hours": {"from": "07:00", "to": "20:00"}})
    with pytest.raises(RestrictionError) as caught:
        denials(restriction)
    assert str(caught.value) == (
        "clause hours: the resource policy of an AWS secret cannot enforce it; a GCP IAM condition, a GCP access level "
        "and the authorizer can"
    )


def test_every_backend_is_described_and_every_clause_has_a_backend_that_enforces_it() -> None:
    assert BACKENDS.keys() == {*get_args(Backend)}
    assert set().union(*(backend.clauses for backend in BACKENDS.values())) == {*Restriction.model_fields}
