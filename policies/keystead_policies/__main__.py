"""Runs the rules over an exported state: `python -m keystead_policies check STATE --sarif out.sarif`.

Exit code: 0 when no finding would stop `pulumi up`, 1 when one would, 2 when the command could not be carried out.
"""

import argparse
import json
import sys
from datetime import UTC, date, datetime
from io import TextIOWrapper
from pathlib import Path

from keystead_policies.engine.check import Checked, check
from keystead_policies.engine.rule import Level
from keystead_policies.engine.settings import SettingsError
from keystead_policies.engine.sources import from_environment, from_export, from_file
from keystead_policies.engine.state import STREAM, StateError, resources, state
from keystead_policies.reports.document import document
from keystead_policies.reports.junit import junit
from keystead_policies.reports.reference import listed, reference
from keystead_policies.reports.sarif import sarif
from keystead_policies.version import VERSION

PACK = Path(__file__).resolve().parent / "pack"
"""Directory of the installed policy pack, for `--policy-pack`."""


def main() -> int:
    """Run the command that the arguments name, and return its exit code."""
    given = _arguments().parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if given.command == "rules":
            print(json.dumps(listed(), indent=2))
        elif given.command == "reference":
            given.file.parent.mkdir(parents=True, exist_ok=True)
            given.file.write_text(reference(), encoding="utf-8")
        elif given.command == "path":
            print(PACK)
        else:
            return _check(given)
    except (SettingsError, StateError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keystead_policies", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("rules", help="list the rules as JSON")
    writing = commands.add_parser("reference", help="write the rule reference and the control matrix")
    writing.add_argument("file", type=Path, help="Markdown file to write")
    commands.add_parser("path", help="print the directory for `pulumi up --policy-pack`")
    checking = commands.add_parser("check", help="check an exported state")
    checking.add_argument(
        "state",
        type=Path,
        help="file written by `pulumi stack export`, - for standard input; a key `config` beside `deployment` holds "
        "the configuration of the stack, whose settings override all others",
    )
    checking.add_argument("--stack", default="", help="name of the stack; by default taken from the state")
    checking.add_argument("--source", help="file in which reports locate the findings; by default the state")
    checking.add_argument(
        "--settings",
        type=Path,
        action="append",
        default=[],
        help="JSON or YAML file; may be repeated, later files override earlier ones",
    )
    checking.add_argument(
        "--today", type=date.fromisoformat, help="date on which waivers have to be valid (YYYY-MM-DD); by default today"
    )
    for name in ("sarif", "junit", "json"):
        checking.add_argument(f"--{name}", type=Path, help=f"write {name.upper()} to this file; - is standard output")
    checking.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return parser


def _check(given: argparse.Namespace) -> int:
    exported = state(given.state)
    sources = [from_environment(), *(from_file(path) for path in given.settings), from_export(exported)]
    today = given.today or datetime.now(UTC).date()
    checked = check(resources(exported, given.state), given.stack, today, given.source or given.state.name, *sources)
    _write(checked, given)
    if not given.quiet:
        _print(checked)
    return 1 if checked.failed else 0


def _write(checked: Checked, given: argparse.Namespace) -> None:
    if given.sarif:
        _put(given.sarif, json.dumps(sarif(checked, VERSION), indent=2) + "\n")
    if given.json:
        _put(given.json, json.dumps(document(checked, VERSION), indent=2) + "\n")
    if given.junit:
        _put(given.junit, junit(checked))


def _put(path: Path, text: str) -> None:
    if path == STREAM:
        sys.stdout.write(text)
    else:
        path.write_text(text, encoding="utf-8")


def _print(checked: Checked) -> None:
    for finding in checked.findings:
        print(f"{finding.level:9} {finding.rule.severity:8} {finding.rule.id}: {finding.message}")
    advisory = sum(finding.level is Level.ADVISORY for finding in checked.findings)
    counts = f"{len(checked.failed)} mandatory and {advisory} advisory findings"
    print(f"{checked.stack} ({checked.stage}): {counts} over {checked.resources} resources")


if __name__ == "__main__":
    sys.exit(main())
