"""Rotations in the spec: who makes a secret's value, how often, and what it looks like."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from keystead.model.alphabets import ALPHABETS, MAXIMUM_LENGTH, MINIMUM_BITS, least_length
from keystead.model.clouds import Cloud
from keystead.model.gcp.principals import account_project
from keystead.model.section import MisplacedError, Section
from keystead.spec.context import context_of
from keystead.spec.messages import VALUE_KEYS
from keystead.spec.rotation.times import RotationTimes

Rotator = Literal["random", "manual", "external", "service-account-key"]
"""`random` generates values in the cloud; `manual` reminds people to provide one; `external` runs your code, which
changes the value where it is issued; `service-account-key` creates keys of a service account, on GCP only."""

ROTATES_ON: Mapping[str, tuple[Cloud, ...]] = {"service-account-key": ("gcp",)}
"""Clouds of the rotators that do not work on every one."""

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "random": ("shape",),
    "manual": (),
    "external": ("code", "strategy", "settings"),
    "service-account-key": ("service_account",),
}
"""Settings of a rotation that only one rotator has, by rotator."""

_CODE = r"^([a-z0-9_-]+/)*[a-z_][a-z0-9_]*\.py$"
_CLASS = r"^[A-Z][A-Za-z0-9]{0,63}$"
_SETTING = r"^[a-z][a-z0-9_-]{0,63}$"


class ShapeSpec(Section):
    """What a generated value looks like: the prefix, then `length` random characters of the alphabet."""

    alphabet: Literal["alphanumeric", "hex", "base64url", "printable"] = "alphanumeric"
    """Characters to choose from; printable is ASCII without space, quotes and backslash."""
    length: int = Field(json_schema_extra={"minimum": min(map(least_length, ALPHABETS)), "maximum": MAXIMUM_LENGTH})
    """Random characters, not counting the prefix; at least as many as hold 256 bits (32 random bytes), at most 4096; by
    default 48, or 64 of hex."""
    prefix: str = Field(default="", json_schema_extra={"pattern": "^[A-Za-z0-9_-]{0,32}$"})
    """Fixed text in front, so that people and scanners recognise the value; letters, digits, _ and -, at most 32."""

    @model_validator(mode="before")
    @classmethod
    def _long(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("alphabet", "alphanumeric") not in ALPHABETS:
            return data
        return {"length": max(48, least_length(data.get("alphabet", "alphanumeric"))), **data}

    @field_validator("length")
    @classmethod
    def _enough(cls, value: int, info: ValidationInfo) -> int:
        alphabet = info.data.get("alphabet")
        if alphabet is not None and not least_length(alphabet) <= value <= MAXIMUM_LENGTH:
            raise ValueError(
                f"must be {least_length(alphabet)} to {MAXIMUM_LENGTH}: with the alphabet {alphabet} fewer characters "
                f"hold less than {MINIMUM_BITS} bits"
            )
        return value

    @field_validator("prefix")
    @classmethod
    def _plain(cls, value: str) -> str:
        if len(value) > 32 or not all(char.isascii() and (char.isalnum() or char in "_-") for char in value):
            raise ValueError("must be at most 32 letters, digits, _ or -")
        return value


class RotationSpec(RotationTimes):
    """How a secret's value is replaced, when, and how long the previous one stays valid."""

    rotator: Rotator = "random"
    """random: values are generated in the cloud, the first one included. manual: people provide them and are reminded.
    external: the class `strategy` in the file `code` changes the value where it is issued. service-account-key: every
    value is a key of the account `service_account`, on GCP only."""
    shape: ShapeSpec = Field(default_factory=lambda: ShapeSpec.model_validate({}))
    """What `random` generates; 48 letters and digits by default."""
    code: str | None = Field(default=None, validate_default=True, json_schema_extra={"pattern": _CODE})
    """Path of the Python file with the strategy of `external`, relative to the folder of the stack files."""
    strategy: str | None = Field(default=None, validate_default=True, json_schema_extra={"pattern": _CLASS})
    """Name of the class in `code`."""
    settings: dict[str, str] = Field(default_factory=dict)
    """Settings passed to the class, texts by name; never a secret."""
    service_account: str | None = Field(default=None, validate_default=True)
    """E-mail address of the account whose keys `service-account-key` creates, in the environment's own project."""

    @property
    def by_hand(self) -> bool:
        """Whether a person provides the values."""
        return self.rotator == "manual"

    @field_validator("shape", "code", "strategy", "settings", "service_account", mode="before")
    @classmethod
    def _understood(cls, value: Any, info: ValidationInfo) -> Any:
        rotator, name = info.data.get("rotator"), str(info.field_name)
        if rotator is None or name in OPTIONS[rotator]:
            return value
        if value is not None:
            owner = next(owner for owner, options in OPTIONS.items() if name in options)
            raise ValueError(f"rotator {rotator} has no setting {name}; remove it or use rotator {owner}")
        return value

    @field_validator("code")
    @classmethod
    def _file(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _needed(value, info, _CODE, "the path of a Python file below the stack files, such as rotators/keys.py")

    @field_validator("strategy")
    @classmethod
    def _named(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _needed(value, info, _CLASS, "the name of the class in `code`, such as GatewayKeys")

    @field_validator("settings")
    @classmethod
    def _open(cls, value: dict[str, str]) -> dict[str, str]:
        problems = [
            (
                (name,),
                None,
                "must not be a setting, since settings are readable; store it as a secret of its own",
            )
            if name.lower() in VALUE_KEYS
            else ((name,), None, "must be 1 to 64 lower-case letters, digits, _ and -, beginning with a letter")
            for name in value
            if name.lower() in VALUE_KEYS or not re.fullmatch(_SETTING, name, re.ASCII)
        ]
        if problems:
            raise MisplacedError(problems)
        return value

    @field_validator("service_account")
    @classmethod
    def _account(cls, value: str | None, info: ValidationInfo) -> str | None:
        context = context_of(info)
        if info.data.get("rotator") != "service-account-key":
            return value
        if value is None or account_project(value) is None:
            raise ValueError(
                "must be the account whose keys are created, such as upload@acme-prod.iam.gserviceaccount.com"
            )
        project = None if context is None else context.homes["gcp"].name
        if project is not None and account_project(value) != project:
            raise ValueError(f"must belong to the environment's own project {project}; nothing crosses environments")
        return value


def _needed(value: str | None, info: ValidationInfo, pattern: str, what: str) -> str | None:
    """Refuse a setting that the rotator needs and that is missing or has the wrong form."""
    asked = str(info.field_name) in OPTIONS.get(str(info.data.get("rotator")), ())
    if asked and (value is None or not re.fullmatch(pattern, value, re.ASCII)):
        raise ValueError(f"must be {what}")
    return value
