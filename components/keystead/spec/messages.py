"""Mistakes that pydantic found, as messages of the spec: the value, what is allowed, how to fix it."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from keystead.model.duration import format_duration
from keystead.model.errors import Problem
from keystead.model.names import suggestion
from keystead.model.section import MisplacedError, Section
from keystead.spec.descriptions import descriptions_of
from keystead.spec.stackfile import CONFIG_KEY, Place

VALUE_KEYS = frozenset(
    {
        "value",
        "values",
        "secure",
        "secret",
        "plaintext",
        "password",
        "passphrase",
        "token",
        "secretstring",
        "secret_string",
    }
)
"""Keys that people may write to provide a secret's value; `secure` is how Pulumi marks one."""

_RULES: Mapping[str, str] = {
    "string_type": "must be text; put it in quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "list_type": "must be a list, such as [a, b]",
    "tuple_type": "must be a list, such as [a, b]",
    "dict_type": "must be a mapping of names to settings",
    "model_type": "must be a mapping of keys to values",
}
"""What is allowed, by pydantic's error type."""

_UNQUOTED = frozenset({"dict_type", "model_type", "list_type", "tuple_type"})
"""Errors whose value is not shown: it may be a secret that was written in place of settings."""


def translate(error: ValidationError, root: type[Section], environment: str) -> Iterator[tuple[Place, str]]:
    """Return the place and the text of each mistake."""
    for detail in error.errors(include_url=False):
        place = tuple(step for step in detail["loc"] if not str(step).startswith("["))
        raised = detail.get("ctx", {}).get("error")
        if isinstance(raised, MisplacedError):
            for below, found, rule in raised.problems:
                yield (*place, *below), _broken(found, rule, (*place, *below))
        else:
            yield place, _text(detail, place, root).replace("ENVIRONMENT", environment)


def problem_in(environment: str, path: str, text: str) -> Problem:
    """Return a problem of an environment that no single value causes, such as one with its neighbours or its size."""
    return Problem(f"{CONFIG_KEY}.{path}", text, f"stacks/Pulumi.{environment}.yaml")


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number of things in words: `1 key`, `1,200 secrets`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def path_of(place: Place) -> str:
    """Write a place as a path: `keystead:environment.secrets.orders.readers.checkout.trust[0]`."""
    return CONFIG_KEY + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


def _text(detail: ErrorDetails, place: Place, root: type[Section]) -> str:
    kind, found = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return _unknown_key(place, root)
    if kind == "missing":
        return f"is required: {_meaning(place, root)}"
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        hint = suggestion(found, allowed) if isinstance(found, str) else ""
        return f"found {shown(found)}; must be one of {', '.join(allowed)}{hint}"
    if kind == "value_error":
        return _broken(found, str(detail["ctx"]["error"]), place)
    rule = _RULES.get(kind, detail["msg"])
    return f"found {_type_of(found) if kind in _UNQUOTED or 'settings' in place else shown(found)}; {rule}"


def _broken(found: Any, rule: str, place: Place) -> str:
    """Return a rule of the spec, with the value found unless that is long, missing, or could be a secret."""
    hidden = found is None or isinstance(found, dict | list | tuple) or _could_be_secret(place, rule)
    return rule if hidden else f"found {shown(found)}; {rule}"


def _could_be_secret(place: Place, rule: str) -> bool:
    """Return whether a secret's value may have been written here: a `key` that resembles no key of the spec."""
    return (
        place[0] == "secrets" and (place[-1] in {"key", "prefix"} or "settings" in place) and "did you mean" not in rule
    )


def _unknown_key(place: Place, root: type[Section]) -> str:
    name = str(place[-1])
    if name.lower() in VALUE_KEYS and place[0] == "secrets":
        return (
            "the spec never contains values; remove it, provide the value with "
            f"`keystead secret put {place[1]} --env ENVIRONMENT`, and if it was ever committed, have a new one issued"
        )
    section = section_at(root, place[:-1])
    allowed = sorted(_keys(section)) if section else []
    return f"is not a key of the spec; keys here are {', '.join(allowed)}{suggestion(name, allowed)}"


def _keys(section: type[Section]) -> dict[str, str]:
    """Return the fields of a section by the key they are written under."""
    return {info.alias or name: name for name, info in section.model_fields.items() if info.exclude is not True}


def _meaning(place: Place, root: type[Section]) -> str:
    section = section_at(root, place[:-1])
    name = _keys(section).get(str(place[-1])) if section else None
    meaning = descriptions_of(section).get(name) if section and name else None
    return re.split(r"(?<=\.)\s", meaning, maxsplit=1)[0] if meaning else "see the documentation"


def section_at(root: type[Section], place: Place) -> type[Section] | None:
    """Return the section whose keys stand at a place of the spec."""
    section: type[Section] | None = root
    steps = iter(place)
    for step in steps:
        name = _keys(section).get(str(step)) if section else None
        if section is None or name is None:
            return None
        annotation = section.model_fields[name].annotation
        if get_origin(annotation) is dict and next(steps, None) is None:
            return None
        section = _section_in(annotation)
    return section


def _section_in(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part))), None)


def shown(value: Any) -> str:
    """Write a value of the spec as the stack file would, cut where it is long."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:57]}...")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return repr(format_duration(value))
    return str(value) if isinstance(value, int | float) else _type_of(value)


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", tuple: "a list", dict: "a mapping"}
    return names.get(type(value), "something else")
