"""Restrictions compiled to AWS policies: deny statements of secrets and keys, allow statements of roles.

Facts from the IAM User Guide, "AWS global condition context keys" and "condition operators": aws:SourceIp is missing
from calls through a VPC endpoint, and is a service's address where a service calls on behalf of a principal
(aws:ViaAWSService, which most services send but not all); aws:SourceVpce and aws:SourceVpc exist only for calls through
an endpoint; a negated operator is true when its key is missing, and so is ...IfExists, so the denials below fail
closed; aws:PrincipalArn of a role session is the role's ARN; aws:SecureTransport and aws:CurrentTime are always
present.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from keystead.model.timestamp import format_timestamp
from keystead.restrictions.backends import Backend, require
from keystead.restrictions.restriction import Restriction

Statement = dict[str, Any]
Conditions = Mapping[str, Mapping[str, Any]]


def deny_outside(
    restriction: Restriction,
    *,
    principals: Sequence[str],
    exempt: Sequence[str],
    actions: Sequence[str],
    resource: str,
    sid_prefix: str,
    backend: Backend = "aws-secret-policy",
    tls: bool = True,
) -> list[Statement]:
    """Compile to statements of a resource policy, one per clause, each of which denies what its clause does not permit.

    They apply to the roles `principals` (to everyone, where empty) but not to `exempt`, matched by aws:PrincipalArn and
    not as Principal: there IAM would store a role's internal id, and the denial would no longer match a role that is
    created again with the same name. A service acting for the account has no place of its own and is not denied by the
    clause of place; whether it may act at all is decided by the caller's role, which `allow_within` limits. Without
    `tls` there is no statement for calls without TLS: the policy denies them to everyone already.
    """
    require(restriction, backend)
    who: dict[str, dict[str, Any]] = {}
    if principals:
        who["ArnEquals"] = {"aws:PrincipalArn": sorted(principals)}
    if exempt:
        who["ArnNotEquals"] = {"aws:PrincipalArn": sorted(exempt)}
    return [
        {
            "Sid": f"{sid_prefix}{clause}",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": sorted(actions),
            "Resource": resource,
            "Condition": merged(who, outside),
        }
        for clause, outside in _outside(restriction, tls=tls).items()
    ]


def by_restriction(named: Mapping[str, Restriction | None]) -> list[tuple[Restriction | None, list[str]]]:
    """Group names by the restriction they are under, so that a policy needs its statements once for all of them."""
    groups: list[tuple[Restriction | None, list[str]]] = []
    for name, restriction in sorted(named.items()):
        known = next((names for one, names in groups if one == restriction), None)
        if known is None:
            groups.append((restriction, [name]))
        else:
            known.append(name)
    return groups


def _outside(restriction: Restriction, *, tls: bool) -> dict[str, Conditions]:
    """Return per clause the conditions that are all true exactly when a call is outside it."""
    found: dict[str, Conditions] = {}
    place: dict[str, Conditions] = _places(restriction)
    if place:
        found["Place"] = merged(
            *({f"{_NEGATED[operator]}": keys for operator, keys in one.items()} for one in place.values()),
            {"BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}},
        )
    if restriction.identities.aws:
        found["Identity"] = {"ArnNotLike": {"aws:PrincipalArn": list(restriction.identities.aws)}}
    if tls:
        found["Tls"] = {"Bool": {"aws:SecureTransport": "false"}}
    if restriction.expires:
        found["Expired"] = {"DateGreaterThanEquals": {"aws:CurrentTime": format_timestamp(restriction.expires)}}
    return found


_NEGATED = {"IpAddress": "NotIpAddress", "StringEquals": "StringNotEquals"}


def _places(restriction: Restriction) -> dict[str, Conditions]:
    """Return the places a call may come from, each a condition; one of them is enough."""
    endpoints = [network for network in restriction.networks.aws if network.startswith("vpce-")]
    vpcs = [network for network in restriction.networks.aws if network.startswith("vpc-")]
    places: dict[str, Conditions] = {}
    if restriction.cidrs:
        places["Address"] = {"IpAddress": {"aws:SourceIp": [str(cidr) for cidr in restriction.cidrs]}}
    if endpoints:
        places["Endpoint"] = {"StringEquals": {"aws:SourceVpce": endpoints}}
    if vpcs:
        places["Vpc"] = {"StringEquals": {"aws:SourceVpc": vpcs}}
    return places


def allow_within(
    restriction: Restriction | None,
    *,
    actions: Sequence[str],
    resources: Sequence[str],
    extra_conditions: Conditions,
    sid: str,
    backend: Backend = "aws-role-policy",
) -> list[Statement]:
    """Compile to statements of a role's policy that allow what the restriction permits, and only that.

    Conditions of one statement hold together, so each alternative place is a statement of its own. A service calling
    for the role has no place of its own and is not allowed where the restriction asks for one.
    """
    if restriction is None:
        return [_allow(sid, actions, resources, extra_conditions)]
    require(restriction, backend)
    always: dict[str, Conditions] = {"tls": {"Bool": {"aws:SecureTransport": "true"}}}
    if restriction.identities.aws:
        always["identities"] = {"ArnLike": {"aws:PrincipalArn": list(restriction.identities.aws)}}
    if restriction.expires:
        always["expires"] = {"DateLessThan": {"aws:CurrentTime": format_timestamp(restriction.expires)}}
    conditions = merged(extra_conditions, *always.values())
    places = _places(restriction)
    if not places:
        return [_allow(sid, actions, resources, conditions)]
    direct = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
    return [
        _allow(f"{sid}{name}", actions, resources, merged(conditions, place, direct)) for name, place in places.items()
    ]


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions) -> Statement:
    built: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    if conditions:
        built["Condition"] = {operator: dict(keys) for operator, keys in conditions.items()}
    return built


def merged(*parts: Conditions) -> dict[str, dict[str, Any]]:
    """Return conditions that are true when all parts are; two parts must not use one operator on one key."""
    whole: dict[str, dict[str, Any]] = {}
    for part in parts:
        for operator, keys in part.items():
            block = whole.setdefault(operator, {})
            if block.keys() & keys.keys():
                raise ValueError(f"two conditions use {operator} on {', '.join(sorted(block.keys() & keys.keys()))}")
            block.update(keys)
    return whole
