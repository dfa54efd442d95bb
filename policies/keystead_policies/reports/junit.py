"""JUnit XML for pipelines: a suite per topic, a case per rule, a failure where a finding stops `up`."""

import re
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from keystead_policies.engine.check import Checked
from keystead_policies.engine.evaluation import Finding
from keystead_policies.engine.rule import RULES, Level, Rule

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow."""


def junit(checked: Checked) -> str:
    """Return a report of all rules; advisory and waived findings are in the output of a passed case."""
    root = Element("testsuites", name=f"keystead-policies {checked.stack}")
    ordered = sorted(RULES.values(), key=lambda rule: (rule.cloud, rule.topic, rule.id))
    for (cloud, topic), rules in groupby(ordered, key=lambda rule: (rule.cloud, rule.topic)):
        _suite(root, f"{cloud}.{topic}", list(rules), checked.findings)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: Element, name: str, rules: list[Rule], findings: list[Finding]) -> None:
    found = {rule.id: [finding for finding in findings if finding.rule.id == rule.id] for rule in rules}
    failed = sum(any(finding.level is Level.MANDATORY for finding in each) for each in found.values())
    counts: dict[str, str] = {
        "name": name,
        "tests": str(len(rules)),
        "failures": str(failed),
        "errors": "0",
        "skipped": "0",
    }
    suite = SubElement(root, "testsuite", counts)
    for rule in rules:
        case = SubElement(suite, "testcase", classname=name, name=rule.id)
        mandatory = [finding for finding in found[rule.id] if finding.level is Level.MANDATORY]
        advisory = [finding for finding in found[rule.id] if finding.level is not Level.MANDATORY]
        if mandatory:
            failure = SubElement(case, "failure", message=f"{len(mandatory)} findings", type=rule.severity)
            failure.text = _lines(mandatory)
        if advisory:
            SubElement(case, "system-out").text = _lines(advisory)


def _lines(findings: list[Finding]) -> str:
    return _UNPRINTABLE.sub("?", "\n".join(f"{finding.message} [{finding.resource.urn}]" for finding in findings))
