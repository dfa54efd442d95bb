"""Waivers: complete, not past their last day, in use."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Level, Severity, stack_rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.HIGH,
    controls=["PCI-7.2.1"],
    link=_LINK,
    fix="complete the waiver with rule, resource, owner, ticket, reason and until (YYYY-MM-DD)",
)
def waiver_is_complete(_resource: Resource, _stack: Stack, context: Context) -> Iterator[str]:
    """Waivers are complete and name an existing rule.

    A waiver has a rule, a resource, an owner, a ticket, a reason and a last day.
    """
    for name, problem in context.waivers.problems.items():
        yield f"waiver {name!r} {problem}"


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.HIGH,
    controls=["PCI-7.2.1"],
    link=_LINK,
    fix="correct the finding, or let the owner set a new last day in `until`",
)
def waiver_has_not_ended(_resource: Resource, _stack: Stack, context: Context) -> Iterator[str]:
    """Waivers are not past their last day.

    From the day after, the finding counts again.
    """
    for waiver in context.waivers.complete:
        if context.waivers.ended(waiver):
            yield f"waiver {waiver.name!r} of {waiver.owner} ({waiver.ticket}) ended on {waiver.until}"


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.LOW,
    controls=["PCI-7.2.1"],
    link=_LINK,
    fix="remove the waiver, or correct its rule and resource",
    levels={"production": Level.ADVISORY, "development": Level.ADVISORY},
)
def waiver_is_used(_resource: Resource, _stack: Stack, context: Context) -> Iterator[str]:
    """Waivers match at least one finding."""
    waiting = {pending.rule for pending in context.pending}
    for waiver in context.waivers.complete:
        if waiver.name not in context.waivers.used and waiver.rule not in waiting:
            yield f"waiver {waiver.name!r} of {waiver.owner} ({waiver.ticket}) waives nothing"
