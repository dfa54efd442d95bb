"""SARIF 2.1.0, as code scanning takes it."""

from typing import Any

from keystead_policies.check import Checked
from keystead_policies.evaluation import Finding
from keystead_policies.rule import RULES, Level, Rule, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
"""GitHub's bounds of security-severity: over 9.0 critical, 7.0 high, 4.0 medium."""


def sarif(checked: Checked, version: str) -> dict[str, Any]:
    """Write one run; every rule is described, found or not."""
    indexes = {identity: index for index, identity in enumerate(RULES)}
    driver = {
        "name": "keystead-policies",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(rule) for rule in RULES.values()],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"keystead-policies/{checked.stack}"},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, checked, indexes) for finding in checked.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.description},
        "help": {"text": f"{rule.description} To correct it: {rule.fix}."},
        "helpUri": rule.link,
        "properties": {
            "tags": ["security", rule.topic, *(control.key for control in rule.controls)],
            "security-severity": _SCORES[rule.severity],
        },
    }


def _result(finding: Finding, checked: Checked, indexes: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": indexes[finding.rule.id],
        "level": "error" if finding.level is Level.MANDATORY else "warning",
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": checked.source}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": finding.resource.urn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"keysteadFinding/v1": finding.id},
    }
    if waiver := finding.waiver:
        justification = f"{waiver.reason} ({waiver.owner}, {waiver.ticket}, until {waiver.until})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result
