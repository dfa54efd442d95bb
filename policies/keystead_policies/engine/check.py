"""Checks all resources of an exported state with the rules that the engine would apply."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from keystead_policies.engine.evaluation import Evaluation, Finding
from keystead_policies.engine.resources.resource import Resource, Stack
from keystead_policies.engine.rule import Level
from keystead_policies.engine.settings import settings


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check."""

    stack: str
    stage: str
    source: str
    """File in which reports locate the findings: a path in the repository."""
    resources: int
    findings: list[Finding]

    @property
    def failed(self) -> list[Finding]:
        """Findings that would stop `pulumi up`."""
        return [finding for finding in self.findings if finding.level is Level.MANDATORY]


def check(resources: list[Resource], stack: str, today: date, source: str, *sources: Mapping[str, Any]) -> Checked:
    """Apply every rule; settings of later sources override those of earlier ones."""
    applied = settings(stack or Stack(resources).root.stack, *sources)
    evaluation = Evaluation(applied, today)
    findings = [finding for resource in resources for finding in evaluation.of_resource(resource)]
    findings += evaluation.of_stack(resources)
    findings.sort(key=lambda finding: (finding.resource.urn, finding.rule.id, finding.ordinal))
    return Checked(applied.stack, applied.stage, source, len(resources), findings)
