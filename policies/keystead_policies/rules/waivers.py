"""Waivers hold what they promise: complete, within their date, in use."""

from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Level, Severity, stack_rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.HIGH,
    controls=["PCI-7.2.1"],
    link=_LINK,
    fix="write rule, resource, owner, ticket, reason and until (YYYY-MM-DD)",
)
def waiver_is_complete(_resource: Resource, _stack: Stack, context: Context) -> Iterator[str]:
    """Every waiver names an existing rule, a resource, an owner, a ticket, a reason and its last day."""
    for name, problem in context.waivers.problems.items():
        yield f"waiver {name!r} {problem}"


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.HIGH,
    controls=["PCI-7.2.1"],
    link=_LINK,
    fix="correct what it waives, or let its owner give it a new end",
)
def waiver_has_not_ended(_resource: Resource, _stack: Stack, context: Context) -> Iterator[str]:
    """No waiver is past its last day; what it waived counts again from the day after."""
    for waiver in context.waivers.complete:
        if context.waivers.ended(waiver):
            yield f"waiver {waiver.name!r} of {waiver.owner} ({waiver.ticket}) ended on {waiver.until}"


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.LOW,
    controls=["PCI-7.2.1"],
    link=_LINK,
    fix="remove it, or correct its rule and resource",
    levels={"production": Level.ADVISORY, "development": Level.ADVISORY},
)
def waiver_is_used(_resource: Resource, _stack: Stack, context: Context) -> Iterator[str]:
    """Every waiver waives something."""
    waiting = {pending.rule for pending in context.pending}
    for waiver in context.waivers.complete:
        if waiver.name not in context.waivers.used and waiver.rule not in waiting:
            yield f"waiver {waiver.name!r} of {waiver.owner} ({waiver.ticket}) waives nothing"
