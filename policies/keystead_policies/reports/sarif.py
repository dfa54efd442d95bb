"""SARIF 2.1.0, as code scanning takes it.

GitHub asks for more than the standard ("SARIF support for code scanning"): full descriptions, whole regions, and a
fingerprint of one certain name; it reads no suppressions, so a waived finding is a note there.
"""

from typing import Any
from urllib.parse import quote

from keystead_policies.engine.check import Checked
from keystead_policies.engine.evaluation import Finding
from keystead_policies.engine.rule import RULES, Level, Rule, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
"""GitHub's bounds of security-severity: over 9.0 critical, 7.0 high, 4.0 medium."""
FIRST_LINE = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
"""A state knows no lines of the program."""


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
                # What stands before the last slash is GitHub's category: stacks do not replace each other's results.
                "automationDetails": {"id": f"keystead-policies/{checked.stack}/"},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, checked, indexes) for finding in checked.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.description},
        "fullDescription": {"text": rule.description},
        "help": {
            "text": f"{rule.description} To correct it: {rule.fix}.",
            "markdown": f"{rule.description}\n\nTo correct it: {rule.fix}.\n\n[Why]({rule.link})",
        },
        "helpUri": rule.link,
        "properties": {
            "tags": ["security", rule.topic, *(control.key for control in rule.controls)],
            "security-severity": _SCORES[rule.severity],
        },
    }


def _result(finding: Finding, checked: Checked, indexes: dict[str, int]) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": quote(checked.source)}, "region": FIRST_LINE}
    resource = {"fullyQualifiedName": finding.resource.urn, "kind": "resource"}
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": indexes[finding.rule.id],
        "level": _level(finding),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place, "logicalLocations": [resource]}],
        "partialFingerprints": {"keysteadFinding/v1": finding.id, "primaryLocationLineHash": f"{finding.id}:1"},
    }
    if waiver := finding.waiver:
        justification = f"{waiver.reason} ({waiver.owner}, {waiver.ticket}, until {waiver.until})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result


def _level(finding: Finding) -> str:
    if finding.level is Level.MANDATORY:
        return "error"
    return "note" if finding.waiver else "warning"
