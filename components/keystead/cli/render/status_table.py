"""The survey as tables for people, each environment in its colour."""

from datetime import datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from keystead.cli.render.dates import relative
from keystead.operations.assessment import Judgement, State
from keystead.operations.places import clouds_of, from_where, place_of
from keystead.operations.survey import Survey
from keystead.spec.keys import KeySpec
from keystead.spec.secrets import SecretSpec

STYLES = {State.CURRENT: "", State.OVERLAP: "", State.WAITING: "bold", State.REMINDER: "bold"}
"""Style of a state; the ones not named here are problems."""
PROBLEM = "bold red"
NONE = "-"
WIDE = 130
"""Columns from which on every fact of a secret has a column of its own."""
WHERE = 10
"""Columns that it takes besides to say which clouds a secret is on."""


def show(console: Console, survey: Survey) -> None:
    """Print one environment."""
    wide = WIDE + (WHERE if len(survey.clouds) > 1 else 0)
    console.print(rendered(survey, narrow=console.width < wide))


def rendered(survey: Survey, *, narrow: bool) -> RenderableType:
    """Return one environment: its title, its keys, its secrets and what a person has to do."""
    parts: list[RenderableType] = [_title(survey)]
    parts += [_line(failure, PROBLEM) for failure in survey.failures]
    if any(part.failure is None for part in survey.clouds.values()):
        parts += [_keys(survey), Text(""), _narrow_secrets(survey) if narrow else _secrets(survey)]
    parts += [_line(f"alarm raised: {name}", PROBLEM) for name in survey.alarms]
    parts += [_line(f"to do: {errand}", "bold") for errand in survey.errands]
    return Group(*parts, Text(""))


def _line(text: str, style: str) -> Padding:
    return Padding(Text(text, style=style, overflow="fold"), (0, 0, 0, 1), expand=False)


def _title(survey: Survey) -> Text:
    spec = survey.spec
    where = f"tier {spec.tier}, {' + '.join(place_of(spec, cloud) for cloud in clouds_of(spec))}"
    title = Text(spec.environment.upper(), style=Style(color=spec.colour, bold=True))
    return title.append(f"  {where}", style=Style(color=spec.colour, bold=False))


def _table(survey: Survey, *columns: str) -> Table:
    colour = Style(color=survey.spec.colour)
    heading = colour + Style(bold=True)
    table = Table(box=box.SIMPLE_HEAD, border_style=colour, header_style=heading, show_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    return table


def _keys(survey: Survey) -> Table:
    table = _table(survey, "Key", *_heading(survey), "Use", "Rotation", "Protection", "State")
    for name, item in survey.keys.items():
        spec = survey.spec.keys[name]
        turns, protection = _rotation(survey, spec, item), _protection(spec)
        table.add_row(Text(name), *_where(survey, spec), spec.use, turns, protection, _state(item))
    return table


def _secrets(survey: Survey) -> Table:
    dates = ("Last rotation", "Next rotation")
    table = _table(survey, "Secret", *_heading(survey), "Key", "Rotator", "Read by (from)", *dates, "State")
    for name, item in survey.secrets.items():
        spec, now = survey.spec.secrets[name], survey.now
        held = [Text(name), *_where(survey, spec), Text(spec.key), spec.rotation.rotator, Text(_readers(spec))]
        table.add_row(*held, _moment(item.last, now), _moment(item.following, now), _state(item))
    return table


def _narrow_secrets(survey: Survey) -> Table:
    table = _table(survey, "Secret", "Read by (from)", "Rotation", "State")
    for name, item in survey.secrets.items():
        spec, now = survey.spec.secrets[name], survey.now
        where = "".join(f"\n on {text}" for text in _where(survey, spec))
        held = Text(f"{name}{where}\n key {spec.key}\n {spec.rotation.rotator}")
        turns = f"last {_moment(item.last, now)}\nnext {_moment(item.following, now)}"
        table.add_row(held, Text(_readers(spec)), turns, _state(item))
    return table


def _heading(survey: Survey) -> list[str]:
    return ["On"] if len(survey.clouds) > 1 else []


def _where(survey: Survey, spec: KeySpec | SecretSpec) -> list[str]:
    return ["+".join(spec.clouds)] if len(survey.clouds) > 1 else []


def _rotation(survey: Survey, spec: KeySpec, item: Judgement) -> str:
    if spec.rotation is None and spec.use != "encrypt":
        return "none: a new key takes its alias" if "aws" in spec.clouds else "none: a new version is made by hand"
    if spec.rotation is None:
        return NONE
    following = f", next {relative(item.following, survey.now)}" if item.following else ""
    return f"every {spec.rotation.days} d{following}"


def _protection(spec: KeySpec) -> str:
    window = f"deleted after {spec.deletion_window.days} d" if spec.deletion_window else ""
    return f"protected, {window}" if spec.protected else window


def _readers(spec: SecretSpec) -> str:
    if not spec.readers:
        return NONE
    return "\n".join(f"{name} ({from_where(reader, spec.clouds)})" for name, reader in spec.readers.items())


def _moment(moment: datetime | None, now: datetime) -> str:
    return relative(moment, now) if moment else NONE


def _state(item: Judgement) -> Text:
    return Text(item.text, style=STYLES.get(item.state, PROBLEM))
