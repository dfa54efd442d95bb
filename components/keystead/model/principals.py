"""Who can be named in the spec: principals of any cloud, and e-mail addresses."""

import re
from collections.abc import Callable, Iterable, Mapping

from keystead.model.aws.principals import is_principal
from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.gcp.principals import is_member

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)

_MEANT: Mapping[Cloud, Callable[[str], bool]] = {"aws": is_principal, "gcp": is_member}
"""How a principal of each cloud is recognised, valid or not."""


def check_email(value: str) -> str:
    """Refuse anything but a plain e-mail address."""
    if not _EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail address, such as security@example.com")
    return value


def recognised(principal: str) -> Cloud | None:
    """Return the cloud whose form of principals a text has, valid or not; None where it has the form of none."""
    return next((cloud for cloud in CLOUDS if _MEANT[cloud](principal)), None)


def cloud_of(principal: str) -> Cloud:
    """Return the cloud a principal belongs to; the first one where its form is that of none."""
    return recognised(principal) or CLOUDS[0]


def on(cloud: Cloud, principals: Iterable[str]) -> list[str]:
    """Return the principals that belong to one cloud; the other clouds take theirs from the same list."""
    return [principal for principal in principals if cloud_of(principal) == cloud]
