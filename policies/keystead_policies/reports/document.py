"""The JSON document: every finding with its rule, resource and waiver."""

from typing import Any

from keystead_policies.engine.check import Checked
from keystead_policies.engine.evaluation import Finding


def document(checked: Checked, version: str) -> dict[str, Any]:
    """Return the document; finding ids are the fingerprints of SARIF."""
    return {
        "version": 1,
        "pack": version,
        "stack": checked.stack,
        "stage": checked.stage,
        "source": checked.source,
        "resources": checked.resources,
        "failed": bool(checked.failed),
        "findings": [_finding(finding) for finding in checked.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    waiver = finding.waiver
    return {
        "id": finding.id,
        "rule": finding.rule.id,
        "topic": finding.rule.topic,
        "severity": finding.rule.severity,
        "level": finding.level,
        "controls": [control.key for control in finding.rule.controls],
        "link": finding.rule.link,
        "fix": finding.rule.fix,
        "resource": {"urn": finding.resource.urn, "type": finding.resource.type, "name": finding.resource.name},
        "message": finding.message,
        "waiver": waiver
        and {"name": waiver.name, "owner": waiver.owner, "ticket": waiver.ticket, "until": str(waiver.until)},
    }
