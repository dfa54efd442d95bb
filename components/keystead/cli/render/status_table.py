"""The status as tables for people, each environment in its colour."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from keystead.cli.render.dates import relative
from keystead.model.clouds import TITLES, Cloud
from keystead.operations.assessment import Assessment, State
from keystead.operations.readers import read_from
from keystead.operations.status import EnvironmentStatus
from keystead.spec.secrets import SecretSpec

STYLES = {State.CURRENT: "", State.OVERLAP: "", State.WAITING: "bold", State.REMINDER: "bold"}
"""Style of a state; the ones not named here are problems."""
PROBLEM = "bold red"
NONE = "-"
UNROTATED: Mapping[Cloud, str] = {
    "aws": "none: a new key takes its alias",
    "gcp": "none: a new version is made by hand",
}
"""How a key that signs or authenticates is replaced, which no cloud does by itself; its first cloud is shown."""
WIDE = 130
"""Columns from which on every fact of a secret has a column of its own."""
WHERE = 10
"""Columns that it takes besides to say which clouds a secret is on."""


def show(console: Console, status: EnvironmentStatus) -> None:
    """Print one environment."""
    wide = WIDE + (WHERE if len(status.clouds) > 1 else 0)
    console.print(rendered(status, narrow=console.width < wide))


def rendered(status: EnvironmentStatus, *, narrow: bool) -> RenderableType:
    """Return one environment: its title, its keys, its secrets and what a person has to do."""
    parts: list[RenderableType] = [_title(status)]
    parts += [_line(failure, PROBLEM) for failure in status.failures]
    if any(part.failure is None for part in status.clouds.values()):
        parts += [_keys(status), Text(""), _narrow_secrets(status) if narrow else _secrets(status)]
    parts += [_line(f"alarm raised: {name}", PROBLEM) for name in status.alarms]
    parts += [
        _line(f"{TITLES[cloud]} holds the {one.kind} {one.stored_as}, which is not in the spec", PROBLEM)
        for cloud, one in status.orphans
    ]
    parts += [_line(f"to do: {command}", "bold") for command in status.to_do]
    return Group(*parts, Text(""))


def _line(text: str, style: str) -> Padding:
    return Padding(Text(text, style=style, overflow="fold"), (0, 0, 0, 1), expand=False)


def _title(status: EnvironmentStatus) -> Text:
    spec = status.spec
    scopes = [spec.scope(cloud) for cloud in spec.clouds]
    homes = " + ".join(f"{scope.home_title}, {', '.join(scope.regions)}" for scope in scopes)
    where = f"tier {spec.tier}, {homes}"
    title = Text(spec.environment.upper(), style=Style(color=spec.colour, bold=True))
    return title.append(f"  {where}", style=Style(color=spec.colour, bold=False))


def _table(status: EnvironmentStatus, *columns: str) -> Table:
    colour = Style(color=status.spec.colour)
    heading = colour + Style(bold=True)
    table = Table(box=box.SIMPLE_HEAD, border_style=colour, header_style=heading, show_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    return table


def _keys(status: EnvironmentStatus) -> Table:
    table = _table(status, "Key", *_heading(status), "Use", "Rotation", "Protection", "State")
    for name, item in status.keys.items():
        spec = status.spec.keys[name]
        rotation, protection = _rotation(status, name, item), _protection(status, name)
        table.add_row(Text(name), *_where(status, spec.clouds), spec.use, rotation, protection, _state(item))
    return table


def _secrets(status: EnvironmentStatus) -> Table:
    dates = ("Last rotation", "Next rotation")
    table = _table(status, "Secret", *_heading(status), "Key", "Rotator", "Read by (from)", *dates, "State")
    for name, item in status.secrets.items():
        spec, now = status.spec.secrets[name], status.now
        held: list[RenderableType] = [
            Text(name),
            *_where(status, spec.clouds),
            Text(spec.key),
            Text(_rotator(spec, item)),
            Text(_readers(status, name)),
        ]
        table.add_row(*held, _date(item.last, now), _date(item.following, now), _state(item))
    return table


def _narrow_secrets(status: EnvironmentStatus) -> Table:
    table = _table(status, "Secret", "Read by (from)", "Rotation", "State")
    for name, item in status.secrets.items():
        spec, now = status.spec.secrets[name], status.now
        where = "".join(f"\n on {text}" for text in _where(status, spec.clouds))
        held = Text(f"{name}{where}\n key {spec.key}\n {_rotator(spec, item)}")
        rotation = f"last {_date(item.last, now)}\nnext {_date(item.following, now)}"
        table.add_row(held, Text(_readers(status, name)), rotation, _state(item))
    return table


def _heading(status: EnvironmentStatus) -> list[str]:
    return ["On"] if len(status.clouds) > 1 else []


def _where(status: EnvironmentStatus, clouds: Sequence[Cloud]) -> list[str]:
    return ["+".join(clouds)] if len(status.clouds) > 1 else []


def _rotation(status: EnvironmentStatus, name: str, item: Assessment) -> str:
    spec = status.spec.keys[name]
    if spec.rotation is None:
        return NONE if spec.use == "encrypt" else UNROTATED[spec.clouds[0]]
    following = f", next {relative(item.following, status.now)}" if item.following else ""
    return f"every {spec.rotation.days} d{following}"


def _protection(status: EnvironmentStatus, name: str) -> str:
    spec = status.spec.keys[name]
    window = f"deleted after {spec.deletion_window.days} d" if spec.deletion_window else ""
    return f"protected, {window}" if spec.protected else window


def _readers(status: EnvironmentStatus, name: str) -> str:
    spec = status.spec.secrets[name]
    lines = [f"{reader} ({read_from(given, spec.clouds)})" for reader, given in spec.readers.items()]
    return "\n".join(lines) or NONE


def _rotator(spec: SecretSpec, item: Assessment) -> str:
    """Return who makes the values, and by which rule of the store."""
    return f"{spec.rotation.rotator}, {item.schedule}" if item.schedule else spec.rotation.rotator


def _date(timestamp: datetime | None, now: datetime) -> str:
    return relative(timestamp, now) if timestamp else NONE


def _state(item: Assessment) -> Text:
    return Text(item.text, style=STYLES.get(item.state, PROBLEM))
