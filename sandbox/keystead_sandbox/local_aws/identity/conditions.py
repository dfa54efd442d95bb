"""Condition keys AWS provides and ministack's evaluator does not, or fills with something else.

Sources: IAM user guide, "AWS global condition context keys"; service authorization reference, AWS Secrets Manager and
AWS KMS. What a service checks for its caller (kms:Decrypt behind GetSecretValue) has aws:ViaAWSService = true and no
address of the caller, as forward access sessions have.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.identity import callers
from keystead_sandbox.local_aws.patches import ministack

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
        if name in NETWORK_KEYS:
            return _network(NETWORK_KEYS[name], context)
        found = self._resolvers.get(name)
        return found(context) if found else self._known(key, context)


def install(clock: Clock) -> None:
    """Put the resolver and the strict reading of conditions into ministack's evaluator."""
    evaluator = ministack.module("core.iam_evaluator")
    ministack.wrap(evaluator, "_resolve_condition_key", lambda known: Conditions(clock, known))
    ministack.wrap(evaluator, "_first_match", _strict)


def role_of(arn: str) -> str:
    """The ARN that aws:PrincipalArn holds: of a role session it is the role, with its path, not the session."""
    if ":assumed-role/" not in arn:
        return arn
    account, name = arn.split(":")[4], arn.split("/")[1]
    role = ministack.original(ministack.module("services.iam"), "_roles").get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"


def _network(field: str, context: Any) -> str | None:
    caller = callers.current()
    by_service = context.principal_type == "Service" or context.service_context.get("aws:viaawsservice") == "true"
    if caller is None or by_service:
        return None
    value: str | None = getattr(caller, field)
    return value


def _strict(known: Any) -> Any:
    """A condition that cannot be evaluated never opens: it stops an Allow from matching and lets a Deny match."""
    evaluator = ministack.module("core.iam_evaluator")
    operators = ministack.original(evaluator, "_CONDITION_OPS")

    def first_match(context: Any, statements: list[Any], effect: str) -> Any:
        kept = []
        for statement in statements:
            if _understood(statement.conditions, operators):
                kept.append(statement)
            elif effect == "Deny" and statement.effect == "Deny":
                kept.append(evaluator.replace(statement, conditions={}))
        return known(context, kept, effect)

    return first_match


def _understood(conditions: Any, operators: Any) -> bool:
    if not isinstance(conditions, dict):
        return False
    for operator, block in conditions.items():
        plain = operator.lower().removesuffix("ifexists")
        plain = plain.removeprefix("forallvalues:").removeprefix("foranyvalue:")
        if not isinstance(block, dict) or (plain != "null" and plain not in operators):
            return False
    return True
