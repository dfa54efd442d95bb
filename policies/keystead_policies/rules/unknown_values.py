"""Rules that could not be evaluated are named, so that no finding means that a rule holds."""

from collections import defaultdict
from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Level, Pending, Severity, stack_rule


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)"],
    link="https://www.pulumi.com/docs/iac/crossguard/core-concepts/",
    fix="run `pulumi up`, which evaluates the rules before the resource is created",
    levels={"production": Level.ADVISORY, "development": Level.ADVISORY},
)
def values_are_known(_resource: Resource, _stack: Stack, context: Context) -> Iterator[str]:
    """Property values are known when rules are evaluated.

    A rule that needs a value which is known only during `pulumi up`, or which a state holds encrypted, is named and not
    evaluated.
    """
    waiting: dict[tuple[str, str], list[Pending]] = defaultdict(list)
    for pending in context.pending:
        waiting[pending.resource.urn, pending.why].append(pending)
    for (_, why), found in waiting.items():
        resource = found[0].resource
        paths, rules = {pending.path for pending in found}, {pending.rule for pending in found}
        subject = f"{', '.join(sorted(paths))} of {resource.kind} {resource.name!r}"
        yield f"{subject} {'is' if len(paths) == 1 else 'are'} {why} ({', '.join(sorted(rules))})"
