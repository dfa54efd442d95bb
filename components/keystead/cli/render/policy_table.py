"""What the policy pack found, as a table for people in the environment's colour."""

from typing import Any

from rich import box
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

STOPS, WAIVED, ADVICE = "stops up", "waived", "advice"
WHOLE_LINES = 1_000
"""Columns where the output is no terminal: a finding stays one line, for grep and logs."""
ORDER = (STOPS, ADVICE, WAIVED)
SEVERITIES = ("critical", "high", "medium", "low")


def show(console: Console, found: dict[str, Any], colour: str) -> None:
    """Print what was found, what stops `pulumi up` first."""
    findings = sorted(found["findings"], key=lambda each: (ORDER.index(weight(each)), _severity(each)))
    console.print(_title(found, colour))
    if findings:
        console.print(_table(findings, colour))


def weight(finding: dict[str, Any]) -> str:
    """Say what a finding does to `pulumi up`."""
    if finding["level"] == "mandatory":
        return STOPS
    return WAIVED if finding["waiver"] else ADVICE


def _severity(finding: dict[str, Any]) -> int:
    return SEVERITIES.index(finding["severity"])


def _title(found: dict[str, Any], colour: str) -> Text:
    weights = [weight(each) for each in found["findings"]]
    counts = ", ".join(f"{weights.count(each)} {each}" for each in ORDER if each in weights) or "nothing found"
    title = Text(found["stack"].upper(), style=Style(color=colour, bold=True))
    told = f"  {found['stage']}, {found['resources']} resources: {counts}"
    return title.append(told, style=Style(color=colour, bold=False))


def _table(findings: list[dict[str, Any]], colour: str) -> Table:
    style = Style(color=colour)
    table = Table(
        box=box.SIMPLE_HEAD, border_style=style, header_style=style + Style(bold=True), show_edge=False, pad_edge=False
    )
    for column in ("", "Severity", "Finding", "Rule"):
        table.add_column(column, overflow="fold", no_wrap=column in {"", "Severity"})
    for finding in findings:
        does = weight(finding)
        row = (Text(does), Text(finding["severity"]), Text(finding["message"]), Text(finding["rule"]))
        table.add_row(*row, style="bold red" if does == STOPS else "")
    return table
