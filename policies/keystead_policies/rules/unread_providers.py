"""Providers that no rule reads are named, so that no finding means that a rule holds."""

from collections import Counter
from collections.abc import Iterator

from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Context, Level, Severity, packages, stack_rule


@stack_rule(
    "pulumi:pulumi:Stack",
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)"],
    link="https://www.pulumi.com/docs/iac/concepts/resources/providers/",
    fix="review these resources separately, or add the provider to the option `spared`",
    levels={"production": Level.ADVISORY, "development": Level.ADVISORY},
    options={"spared": ()},
)
def providers_are_read(_resource: Resource, stack: Stack, context: Context) -> Iterator[str]:
    """Providers of all resources are covered by rules.

    Resources of other providers, dynamic ones included, are not evaluated. Providers listed in `spared` are exempt.
    """
    covered = {*packages(), *context.options["spared"]}
    managed = (each for each in stack.resources if each.managed)
    unread = Counter(each.package for each in managed if each.package not in covered)
    for package, count in sorted(unread.items()):
        yield f"provider {package}: {count} {'resource is' if count == 1 else 'resources are'} not evaluated"
