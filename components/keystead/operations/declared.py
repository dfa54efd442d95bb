"""Finds the secret that a command names in the spec."""

import re
from difflib import get_close_matches

from keystead.model.errors import KeysteadError
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.secrets import SecretSpec

NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
"""What a secret's name looks like; anything else may be a value and is not repeated on the screen."""


def declared(spec: EnvironmentSpec, name: str) -> SecretSpec:
    """Return the secret of that name, to be given a value; KeysteadError says which names there are."""
    if not NAME.fullmatch(name):
        raise KeysteadError(
            "NAME is not the name of a secret (small letters, digits and hyphens). It is not repeated here, in case it "
            "is a value; if it is, treat it as leaked: arguments can be seen by every process of this machine."
        )
    found = spec.secrets.get(name)
    if found is None:
        close = get_close_matches(name, spec.secrets, 1)
        hint = f"Did you mean {close[0]!r}?" if close else f"It has {', '.join(sorted(spec.secrets))}."
        raise KeysteadError(f"{spec.environment}: the spec has no secret of that name. {hint}")
    if name in spec.renamed:
        raise KeysteadError(
            f"{spec.environment}: {name} keeps the values it had when it was renamed; new ones go to "
            f"{spec.renamed[name]}. Name that one."
        )
    return found
