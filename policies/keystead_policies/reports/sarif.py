"""SARIF 2.1.0 for code scanning.

GitHub requires more than the standard ("SARIF support for code scanning"): full descriptions, complete regions and a
fingerprint named `primaryLocationLineHash`. It reads no suppressions, so a waived finding is a note there.
"""

from typing import Any
from urllib.parse import quote

from keystead_policies.engine.check import Checked
from keystead_policies.engine.evaluation import Finding
from keystead_policies.engine.rule import RULES, Level, Rule, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
"""GitHub's ranges of security-severity: critical from 9.0, high from 7.0, medium from 4.0."""
FIRST_LINE = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
"""A state has no line numbers of the program."""


def sarif(checked: Checked, version: str) -> dict[str, Any]:
    """Return a log with one run, which describes every rule."""
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
                # GitHub's category is the text before the last slash: stacks do not replace each other's results.
                "automationDetails": {"id": f"keystead-policies/{checked.stack}/"},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, checked, indexes) for finding in checked.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = f"{rule.description} {rule.rationale}".strip()
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.description},
        "fullDescription": {"text": text},
        "help": {
            "text": f"{text} To correct it: {rule.fix}.",
            "markdown": f"{text}\n\nTo correct it: {rule.fix}.\n\n[Documentation]({rule.link})",
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
