"""Condition keys AWS provides and ministack's evaluator does not, or fills with something else.

Sources: IAM user guide, "AWS global condition context keys"; service authorization reference, AWS Secrets Manager and
AWS KMS. What a service checks for its caller (kms:Decrypt behind GetSecretValue) has aws:ViaAWSService = true and no
address of the caller, as forward access sessions have.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.identity import callers, mfa
from keystead_sandbox.local_aws.identity.roles import role_of
from keystead_sandbox.local_aws.patches import ministack

OPERATORS = frozenset(
    {"null", "bool", "binaryequals", "ipaddress", "notipaddress"}
    | {f"{kind}{test}" for kind in ("arn", "string") for test in ("equals", "notequals", "like", "notlike")}
    | {"stringequalsignorecase", "stringnotequalsignorecase"}
    | {
        f"{kind}{test}"
        for kind in ("date", "numeric")
        for test in ("equals", "notequals", "lessthan", "lessthanequals", "greaterthan", "greaterthanequals")
    }
)
"""IAM user guide, "IAM JSON policy elements: Condition operators"."""

NETWORK_KEYS = {
    "aws:sourceip": "source_ip",
    "aws:sourcevpce": "vpce",
    "aws:sourcevpc": "vpc",
    "aws:vpcsourceip": "vpc_source_ip",
}


class Conditions:
    """Resolves the keys of a condition for one request."""

    def __init__(self, clock: Clock, known: Any) -> None:
        self._known = known
        self._resolvers: dict[str, Callable[[Any], Any]] = {
            "aws:currenttime": lambda _: datetime.fromtimestamp(clock.now(), UTC).isoformat(),
            "aws:epochtime": lambda _: str(int(clock.now())),
            "aws:principalarn": lambda context: role_of(context.principal_arn),
            "aws:principalisawsservice": lambda context: context.principal_keys.get(
                "aws:principalisawsservice", "false"
            ),
            "aws:viaawsservice": lambda _: "false",
            "kms:calleraccount": lambda context: context.principal_account,
        }

    def __call__(self, key: str, context: Any) -> Any:
        """The value of `key`; None when AWS would not have it in the request's context."""
        name = key.lower()
        if name in context.service_context and name.startswith(("aws:", "kms:", "secretsmanager:")):
            return context.service_context[name]
        if name.startswith("aws:multifactorauth") and (given := mfa.of_request(context)):
            return given.get(name)
        if name in NETWORK_KEYS:
            return _network(NETWORK_KEYS[name], context)
        found = self._resolvers.get(name)
        return found(context) if found else self._known(key, context)


def install(clock: Clock) -> None:
    """Put the resolver and the strict reading of conditions into ministack's evaluator."""
    ministack.wrap("core.iam_evaluator", "_resolve_condition_key", lambda known: Conditions(clock, known))
    ministack.wrap("core.iam_evaluator", "_first_match", _strict)


def _network(field: str, context: Any) -> str | None:
    caller = callers.current()
    by_service = context.principal_type == "Service" or context.service_context.get("aws:viaawsservice") == "true"
    if caller is None or by_service:
        return None
    value: str | None = getattr(caller, field)
    return value


def _strict(known: Any) -> Any:
    """A condition that cannot be evaluated never opens: it stops an Allow from matching and lets a Deny match."""

    def first_match(context: Any, statements: list[Any], effect: str) -> Any:
        kept = []
        for statement in statements:
            if _understood(statement.conditions):
                kept.append(statement)
            elif effect == "Deny" and statement.effect == "Deny":
                kept.append(replace(statement, conditions={}))
        return known(context, kept, effect)

    return first_match


def _understood(conditions: Any) -> bool:
    if not isinstance(conditions, dict):
        return False
    for operator, block in conditions.items():
        plain = operator.lower().removesuffix("ifexists")
        plain = plain.removeprefix("forallvalues:").removeprefix("foranyvalue:")
        if not isinstance(block, dict) or plain not in OPERATORS:
            return False
    return True
