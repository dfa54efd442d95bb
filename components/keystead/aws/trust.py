"""Who may assume each role of an environment."""

from collections.abc import Mapping, Sequence
from typing import Any

from keystead.aws.statements import account_root, statement
from keystead.model.aws.scope import AwsScope
from keystead.model.principals import on
from keystead.restrictions.aws import Statement

NAMES_THE_ACCOUNT = frozenset({"codebuild", "ecs-tasks", "scheduler", "states"})
"""Services whose guides say that they name the account they act for (`aws:SourceAccount`) when they assume a role.

Of others, EC2 and Lambda among them, no guide says so, and a condition on the key could lock them out. No service takes
a role of another account: whoever hands it one needs `iam:PassRole`, which works within the account only.
"""

TAGS_ITS_SESSIONS = frozenset({"pods.eks"})
"""Services that assume a role with session tags, which the role has to allow as well (Amazon EKS user guide)."""


def trust(scope: AwsScope, principals: Sequence[str], *, mfa: bool = False) -> list[Statement]:
    """Trust in ARNs and AWS services, or without any in everyone whom the account's own IAM policies allow.

    Members of GCP among the principals are handled by `keystead.gcp`.
    """
    own = on("aws", principals)
    services = sorted(one for one in own if not one.startswith("arn:"))
    arns = sorted(one for one in own if one.startswith("arn:"))
    built = []
    if arns or not services:
        condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if mfa else None
        built.append(_assume("Principals", {"AWS": arns} if arns else account_root(scope), condition=condition))
    return [*built, *trust_services(scope, services)]


def trust_services(
    scope: AwsScope, services: Sequence[str], source: Mapping[str, Any] | None = None
) -> list[Statement]:
    """Trust in AWS services, limited to this account where they send it; `source` is one more condition for those."""
    naming = [one for one in services if _short(one) in NAMES_THE_ACCOUNT]
    tagging = [one for one in services if _short(one) in TAGS_ITS_SESSIONS]
    others = [one for one in services if one not in {*naming, *tagging}]
    built = []
    if naming:
        condition = {"StringEquals": {"aws:SourceAccount": scope.account}, **(source or {})}
        built.append(_assume("Services", {"Service": naming}, condition=condition))
    if tagging:
        built.append(_assume("TaggingServices", {"Service": tagging}, ("sts:AssumeRole", "sts:TagSession")))
    if others:
        built.append(_assume("OtherServices", {"Service": others}))
    return built


def _short(service: str) -> str:
    return service.partition(".amazonaws.")[0]


def _assume(
    sid: str,
    principal: Any,
    actions: Sequence[str] = ("sts:AssumeRole",),
    condition: Mapping[str, Mapping[str, Any]] | None = None,
) -> Statement:
    built = statement(sid, "Allow", actions, principal=principal, condition=condition)
    del built["Resource"]
    return built
