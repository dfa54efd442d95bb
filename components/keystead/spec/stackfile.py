"""Stack files: YAML read with the place of every value, and one file merged over another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from keystead.model.clouds import CLOUDS

CONFIG_KEY = "keystead:environment"
"""Key of the spec below `config` in a stack file, and the beginning of every path."""

Place = tuple[str | int, ...]
"""Keys and list positions that lead to a value of the spec."""

_NUMBER = {"int": r"[-+]?[0-9]+", "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"}
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]|$)"


@dataclass
class StackFile:
    """One file's part of a spec, with the line of each value and the mistakes of the file itself."""

    label: str
    """Name of the file in messages."""
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    """Line of each key or list item, from 1; empty where the data did not come from a file."""
    problems: list[tuple[Place, str]] = field(default_factory=list)
    readable: bool = True
    """False where the file could not be read at all, so that settings may only seem to be missing."""

    def origin(self, place: Place) -> str:
        """Return the file, and the line of a place or of the nearest thing around it where lines are known."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return f"{self.label}:{self.lines[place[:end]]}"
        return self.label

    def reach(self, place: Place) -> int:
        """Return how many steps of a place exist in the file."""
        value: Any = self.data
        for count, step in enumerate(place):
            inside = (
                step in value if isinstance(value, Mapping) else isinstance(value, list) and step in range(len(value))
            )
            if not inside:
                return count
            value = value[step]
        return len(place)


def read(path: Path, below: tuple[str, ...] = ()) -> StackFile:
    """Read a file's spec, which is below some keys; what cannot be read becomes a problem of the result."""
    file = StackFile(f"{path.resolve().parent.name}/{path.name}")
    try:
        node = _composed(path.read_text(encoding="utf-8"))
    except OSError as error:
        return _unreadable(file, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return _unreadable(file, "cannot be read: it is not UTF-8")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # PyYAML quotes the line, and the names of aliases and tags: any of them could be a secret.
        reason = re.sub(
            r"'[^'<]{2,}'", "(not shown)", getattr(error, "problem", None) or "it contains a forbidden character"
        )
        return _unreadable(file, f"is not valid YAML: {reason}", None if mark is None else mark.line + 1)
    for key in below:
        node = _child(node, key)
    if node is None:
        return _unreadable(file, f"has no `{': '.join(below)}:`" if below else "is empty; write at least `owners:`")
    if not isinstance(node, yaml.MappingNode):
        return _unreadable(file, "must be a mapping of keys to values", node.start_mark.line + 1)
    file.lines[()] = node.start_mark.line + 1
    file.data = _Builder(file).mapping(node, (), ())
    return file


def _unreadable(file: StackFile, problem: str, line: int | None = None) -> StackFile:
    file.readable = False
    file.problems.append(((), problem))
    if line is not None:
        file.lines[()] = line
    return file


class _PlainLoader(yaml.SafeLoader):
    """Leaves every scalar as text; _scalar gives it the type of YAML 1.2, which Pulumi reads the file with as well."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's attribute, replaced as a whole


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # where PyYAML has libyaml
    """Does the same ten times as fast."""

    yaml_implicit_resolvers = _PlainLoader.yaml_implicit_resolvers


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_FastLoader)
    except yaml.YAMLError:
        # Whatever is wrong, the slow one says it, and says more.
        return yaml.compose(text, Loader=_PlainLoader)


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None


def _scalar(node: yaml.ScalarNode) -> Any:
    """Resolve by YAML 1.2's core schema: `NO` stays a country, `20:00` a time, `2027-01-31` a date as written."""
    text = str(node.value)
    if node.style:
        return text
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if re.fullmatch(_NUMBER["int"], text, re.ASCII):
        return int(text)
    return float(text) if re.fullmatch(_NUMBER["float"], text, re.ASCII) else text


class _Builder:
    """Turns YAML nodes into plain data, noting lines and mistakes."""

    def __init__(self, file: StackFile) -> None:
        self._file = file

    def mapping(self, node: yaml.MappingNode, place: Place, parents: tuple[int, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            here = (*place, name)
            line = key.start_mark.line + 1
            if name in data:
                first = self._file.lines[here]
                self._file.problems.append(
                    (here, f"is given again in line {line}, which would replace the first one; keep one")
                )
                self._file.lines[here] = first
                continue
            self._file.lines[here] = line
            data[name] = self._value(value, here, (*parents, id(node)))
        return data

    def _value(self, node: yaml.Node, place: Place, parents: tuple[int, ...]) -> Any:
        if id(node) in parents:
            self._file.problems.append((place, "contains itself through an alias; write it out"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place, parents)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*place, index), (*parents, id(node))) for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode):
            return None
        if not node.style and re.match(_DATE, node.value, re.ASCII):
            text = "must be in quotes: Pulumi reads an unquoted date as a timestamp and writes it back in another form"
            self._file.problems.append((place, text))
        if not node.style and not node.value:
            text = "is empty; give it a value, or write null to remove the value of base.yaml"
            self._file.problems.append((place, text))
        return _scalar(node)

    def _item(self, node: yaml.Node, place: Place, parents: tuple[int, ...]) -> Any:
        self._file.lines[place] = node.start_mark.line + 1
        return self._value(node, place, parents)


_REMOVABLE = frozenset[str](CLOUDS)
"""Sections that null may remove as a whole: the environment does not live on that cloud."""


def merge(base: StackFile, overlay: StackFile) -> tuple[dict[str, Any], list[tuple[Place, str]]]:
    """Merge an environment's file over the base: maps by key, lists and scalars replaced, `null` removes."""
    problems: list[tuple[Place, str]] = []
    return _merge(base.data, overlay.data, (), problems), problems


def _merge(
    base: Mapping[str, Any], over: Mapping[str, Any], place: Place, problems: list[tuple[Place, str]]
) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        here = (*place, key)
        if value is None:
            if not place and isinstance(base.get(key), Mapping) and key not in _REMOVABLE:
                text = "null would remove the whole section; remove single entries, by name"
                problems.append((here, text))
            elif key not in base:
                problems.append(
                    (here, "null removes a value of base.yaml, and base.yaml has none here; delete the line")
                )
            else:
                del result[key]
        elif isinstance(value, Mapping):
            below = base.get(key)
            result[key] = _merge(below if isinstance(below, Mapping) else {}, value, here, problems)
        else:
            result[key] = value
    return result
