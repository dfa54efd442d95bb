"""Rules for names, which must be valid in every place on AWS and GCP where they are used."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field

ENVIRONMENT_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""Environments: lower-case letters, digits, single hyphens."""
ENVIRONMENT_LENGTH = 20
"""With a reader of 36 characters, the role `<env>-<reader>-reader` has the 64 that IAM allows a role's name."""
GCP_RESERVED = r"gcp(-|$)|goog|.*google"
"""Names that GCP reserves: of workload identity pools (gcp-), topics (goog) and buckets (google)."""
_RESERVED = frozenset({"aws"})
"""Names that would begin an alias of a KMS key with `alias/aws/`."""
NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""Keys, secrets, readers, restrictions, grants: lower-case letters, digits, single hyphens."""
NAME_LENGTH = 36
"""See ENVIRONMENT_LENGTH."""


def suggestion(found: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest known name, or nothing."""
    close = get_close_matches(found, sorted(known), n=3, cutoff=0.6) if found[:1].isalpha() else []
    swapped = [name for name in close if sorted(name) == sorted(found)]
    return f"; did you mean {[*swapped, *close][0]!r}?" if close else ""


def check_environment(name: str) -> None:
    """Refuse the name of an environment that is not valid everywhere, with a ValueError."""
    if not re.fullmatch(ENVIRONMENT_PATTERN, name, re.ASCII) or not 2 <= len(name) <= ENVIRONMENT_LENGTH:
        raise ValueError(
            f"must be 2 to {ENVIRONMENT_LENGTH} lower-case letters, digits and single hyphens, beginning with a letter"
        )
    if name in _RESERVED:
        raise ValueError(
            "is reserved: AWS keeps every alias that begins with alias/aws/ for itself; choose another name"
        )


def _check_name(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name, re.ASCII) or len(name) > NAME_LENGTH:
        raise ValueError(
            f"must be 1 to {NAME_LENGTH} lower-case letters, digits and single hyphens, beginning with a letter"
        )
    return name


Name = Annotated[
    str,
    Field(json_schema_extra={"pattern": NAME_PATTERN, "maxLength": NAME_LENGTH}),
    AfterValidator(_check_name),
]
"""Name of a key, secret, reader, restriction or grant."""

OWNER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,63}$"


def _check_owner(value: str) -> str:
    if not re.fullmatch(OWNER_PATTERN, value, re.ASCII):
        raise ValueError("must be 1 to 64 letters, digits, spaces or . _ @ + -, which tags on AWS accept")
    return value


Owner = Annotated[str, Field(json_schema_extra={"pattern": OWNER_PATTERN}), AfterValidator(_check_owner)]
"""A responsible team; it becomes the value of a tag."""
