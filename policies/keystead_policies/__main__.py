"""Runs the rules over an exported state: `python -m keystead_policies check STATE --sarif out.sarif`.

Exit code: 0 when nothing would stop `pulumi up`, 1 when something would, 2 when the question was wrong.
"""

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from keystead_policies.check import Checked, check_state
from keystead_policies.evaluation import RuleError
from keystead_policies.reference import reference
from keystead_policies.reports.document import document
from keystead_policies.reports.junit import junit
from keystead_policies.reports.sarif import sarif
from keystead_policies.rule import Level
from keystead_policies.settings import SettingsError
from keystead_policies.sources import from_environment, from_file
from keystead_policies.state import StateError
from keystead_policies.version import VERSION

REFERENCE = Path(__file__).parents[1] / "RULES.md"


def main() -> int:
    """Read the arguments and do what they say."""
    parser = argparse.ArgumentParser(prog="keystead_policies", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("reference", help="write RULES.md")
    checking = commands.add_parser("check", help="check an exported state")
    checking.add_argument("state", type=Path, help="file written by `pulumi stack export`")
    checking.add_argument("--stack", default="", help="name of the stack; by default as in the state")
    checking.add_argument(
        "--settings", type=Path, action="append", default=[], help="JSON or YAML file; the last one wins"
    )
    checking.add_argument("--today", type=date.fromisoformat, help="date waivers are held against (YYYY-MM-DD)")
    for name in ("sarif", "junit", "json"):
        checking.add_argument(f"--{name}", type=Path, help=f"write {name.upper()} to this file")
    checking.add_argument("--quiet", action="store_true", help="print nothing but errors")
    given = parser.parse_args()
    if given.command == "reference":
        REFERENCE.write_text(reference(), encoding="utf-8")
        return 0
    return _check(given)


def _check(given: argparse.Namespace) -> int:
    try:
        sources = [from_environment(), *(from_file(path) for path in given.settings)]
        checked = check_state(given.state, given.stack, given.today or datetime.now(UTC).date(), *sources)
        _write(checked, given)
    except (SettingsError, StateError, RuleError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not given.quiet:
        _print(checked)
    return 1 if checked.failed else 0


def _write(checked: Checked, given: argparse.Namespace) -> None:
    if given.sarif:
        _dump(given.sarif, sarif(checked, VERSION))
    if given.json:
        _dump(given.json, document(checked, VERSION))
    if given.junit:
        given.junit.write_text(junit(checked), encoding="utf-8")


def _dump(path: Path, found: object) -> None:
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _print(checked: Checked) -> None:
    for finding in checked.findings:
        print(f"{finding.level:9} {finding.rule.severity:8} {finding.rule.id}: {finding.message}")
    advisory = sum(finding.level is Level.ADVISORY for finding in checked.findings)
    told = f"{len(checked.failed)} mandatory and {advisory} advisory findings"
    print(f"{checked.stack} ({checked.stage}): {told} over {checked.resources} resources")


if __name__ == "__main__":
    sys.exit(main())
