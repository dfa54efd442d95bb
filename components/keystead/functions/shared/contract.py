"""What provisioning and the functions agree on: the settings in the bundle, the events, the names of log events.

The settings travel inside the bundle as canonical JSON, so that equal settings give an equal bundle. Loading is
strict: an unknown, missing or wrongly typed field is an error that says where it stands.
"""

import dataclasses
import json
import math
import re
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from keystead.functions.shared.errors import SettingsError

_Kind = TypeVar("_Kind")
_Reader = Callable[[str, object], object]

SETTINGS_FILE = "settings.json"
"""Where the settings lie, relative to the bundle's root."""

AWS_HANDLER = "keystead.functions.rotator.aws.handle"
"""Entry point of the rotator on AWS."""

GCP_HANDLER = "handle"
"""Entry point of the rotator on GCP, in main.py at the bundle's root."""

EXTERNAL_FOLDER = "external"
"""Where the files of external rotators lie, relative to the bundle's root: one `<module>.py` each."""

SWEEP_EVENT: Mapping[str, str] = {"action": "sweep"}
"""What the schedule sends to the rotator."""

EVENT_FIELD = "event"
"""JSON field of each log line that holds one of the names below; metric filters match on it."""

STEP_DONE = "rotation_step_done"
ROTATION_FAILED = "rotation_failed"
ROTATION_LATE = "rotation_late"
MANUAL_ROTATION_DUE = "manual_rotation_due"
FIRST_VALUE_WAITING = "first_value_waiting"
VERSION_RETIRED = "version_retired"
SWEEP_FAILED = "sweep_failed"
SWEEP_DONE = "sweep_done"

CLOCK_VARIABLE = "KEYSTEAD_CLOCK"
"""Environment variable naming the file with the seconds the clock is ahead; the sandbox alone sets it."""

MINIMUM_BITS = 256
"""Least entropy of a generated value: 32 random bytes."""

MAXIMUM_LENGTH = 4096
"""Most random characters of a value, far below the 65,536 bytes Secrets Manager and Secret Manager take."""

ALPHABETS: Mapping[str, str] = {
    "alphanumeric": string.ascii_letters + string.digits,
    "hex": "0123456789abcdef",
    "base64url": string.ascii_letters + string.digits + "-_",
    "printable": "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "\"'\\`"),
}
"""Characters of each alphabet; printable leaves out quotes and the backslash, which break configuration files."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a generated value looks like: the prefix, then `length` characters drawn from the alphabet."""

    alphabet: str = "alphanumeric"
    """One of ALPHABETS."""
    length: int = 48
    """Random characters, not counting the prefix."""
    prefix: str = ""
    """Fixed text in front, so that people and scanners recognise the value; it adds no entropy."""

    def __post_init__(self) -> None:
        if self.alphabet not in ALPHABETS:
            raise SettingsError(f"shape: alphabet {self.alphabet!r} is not one of {', '.join(ALPHABETS)}")
        if not least_length(self.alphabet) <= self.length <= MAXIMUM_LENGTH:
            raise SettingsError(
                f"shape: length {self.length} is outside {least_length(self.alphabet)} to {MAXIMUM_LENGTH}, which "
                f"{self.alphabet} needs for {MINIMUM_BITS} bits"
            )


def least_length(alphabet: str) -> int:
    """Return the fewest random characters of `alphabet` that carry MINIMUM_BITS."""
    return math.ceil(MINIMUM_BITS / math.log2(len(ALPHABETS[alphabet])))


@dataclasses.dataclass(frozen=True)
class External:
    """The user's own strategy: one class in one file of the bundle."""

    module: str
    """Path of the file in EXTERNAL_FOLDER, without `.py`, such as `rotators/gateway`."""
    strategy: str
    """Name of the class in it."""
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Texts the class is constructed with; never a value."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([A-Za-z0-9_-]+/)*[A-Za-z_][A-Za-z0-9_]*", self.module, re.ASCII):
            raise SettingsError(f"external: module {self.module!r} is not the path of a Python file without its ending")
        if not self.strategy.isidentifier():
            raise SettingsError(f"external: strategy {self.strategy!r} is not the name of a Python class")


@dataclasses.dataclass(frozen=True)
class SecretSettings:
    """How one secret rotates."""

    rotator: str
    """Name of the strategy, see rotators."""
    every: int
    """Seconds between rotations; for `manual` the seconds after which a person is reminded."""
    overlap: int
    """Seconds the previous value stays readable after it was superseded; less than `every`."""
    shape: Shape | None = None
    """What the rotator generates; None where it generates nothing."""
    mirror: str = ""
    """Name of the same secret on GCP, such as `prod-payments-api-key`; empty where it lives on one cloud."""
    service_account: str = ""
    """E-mail address of the account whose keys `service-account-key` makes; empty with other rotators."""
    external: External | None = None
    """The user's strategy where the rotator is `external`."""

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.every:
            raise SettingsError(f"overlap {self.overlap} s must be at least 0 and less than every ({self.every} s)")


@dataclasses.dataclass(frozen=True)
class CloudSettings:
    """The one place this function may work in."""

    account: str
    """AWS account id or GCP project id."""
    region: str
    """AWS region or GCP location."""
    number: str = ""
    """GCP project number, which events and conditions name; empty on AWS."""


@dataclasses.dataclass(frozen=True)
class MirrorSettings:
    """The GCP project that gets the values of secrets on both clouds, and how AWS's role gets a token there."""

    project: str
    number: str
    audience: str
    """Full name of the workload identity provider, `//iam.googleapis.com/projects/NUMBER/locations/global/...`."""


@dataclasses.dataclass(frozen=True)
class RotatorSettings:
    """Everything the rotator of one environment knows; it refuses whatever is not named here."""

    environment: str
    cloud: CloudSettings
    secrets: Mapping[str, SecretSettings]
    """By full name in the store: `prod/payments-api-key` on AWS, `prod-payments-api-key` on GCP."""
    mirror: MirrorSettings | None = None
    """Where pairs go; None where no secret lives on both clouds."""

    def __post_init__(self) -> None:
        paired = sorted(name for name, entry in self.secrets.items() if entry.mirror)
        if paired and self.mirror is None:
            raise SettingsError(f"secrets on both clouds need mirror settings: {', '.join(paired)}")


def dump(settings: RotatorSettings) -> bytes:
    """Write the settings as canonical JSON: sorted keys, no spaces, ASCII."""
    return json.dumps(dataclasses.asdict(settings), sort_keys=True, separators=(",", ":")).encode("ascii")


def load(source: bytes | Path) -> RotatorSettings:
    """Read the settings that `dump` wrote; SettingsError where they are anything else."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    try:
        document = json.loads(data)
    except ValueError as error:
        raise SettingsError(f"settings are not JSON: {error}") from None
    return _settings("settings", document)


def _settings(where: str, document: object) -> RotatorSettings:
    readers = {"environment": _text, "cloud": _cloud, "secrets": _secrets, "mirror": _mirror}
    return _made(where, RotatorSettings, _fields(where, document, RotatorSettings, readers))


def _cloud(where: str, document: object) -> CloudSettings:
    readers = {"account": _text, "region": _text, "number": _string}
    return CloudSettings(**_fields(where, document, CloudSettings, readers))


def _mirror(where: str, document: object) -> MirrorSettings | None:
    if document is None:
        return None
    readers = {"project": _text, "number": _text, "audience": _text}
    return MirrorSettings(**_fields(where, document, MirrorSettings, readers))


def _secrets(where: str, document: object) -> dict[str, SecretSettings]:
    return {name: _secret(f"{where}.{name}", entry) for name, entry in _object(where, document).items()}


def _secret(where: str, document: object) -> SecretSettings:
    readers: Mapping[str, _Reader] = {
        "rotator": _text,
        "every": _whole,
        "overlap": _whole,
        "shape": _shape,
        "mirror": _string,
        "service_account": _string,
        "external": _external,
    }
    return _made(where, SecretSettings, _fields(where, document, SecretSettings, readers))


def _shape(where: str, document: object) -> Shape | None:
    if document is None:
        return None
    readers = {"alphabet": _text, "length": _whole, "prefix": _string}
    return _made(where, Shape, _fields(where, document, Shape, readers))


def _external(where: str, document: object) -> External | None:
    if document is None:
        return None
    readers = {"module": _text, "strategy": _text, "settings": _texts}
    return _made(where, External, _fields(where, document, External, readers))


def _texts(where: str, document: object) -> dict[str, str]:
    return {name: _string(f"{where}.{name}", text) for name, text in _object(where, document).items()}


def _made(where: str, kind: type[_Kind], fields: Mapping[str, Any]) -> _Kind:
    """Construct a kind that checks itself, with the place added to what it says."""
    try:
        return kind(**fields)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from None


def _fields(where: str, document: object, kind: type, readers: Mapping[str, _Reader]) -> dict[str, Any]:
    """Read each field of the document with its reader; all of them must be there, and no others."""
    entries = _object(where, document)
    wrong = sorted(set(entries) ^ set(readers))
    if wrong:
        raise SettingsError(f"{where}: {kind.__name__} has fields {sorted(readers)}; unknown or missing: {wrong}")
    return {name: read(f"{where}.{name}", entries[name]) for name, read in readers.items()}


def _object(where: str, document: object) -> dict[str, object]:
    if not isinstance(document, dict):
        raise SettingsError(f"{where}: expected an object, found {type(document).__name__}")
    return document


def _string(where: str, document: object) -> str:
    if not isinstance(document, str):
        raise SettingsError(f"{where}: expected text, found {type(document).__name__}")
    return document


def _text(where: str, document: object) -> str:
    text = _string(where, document)
    if not text:
        raise SettingsError(f"{where}: must not be empty")
    return text


def _whole(where: str, document: object) -> int:
    if not isinstance(document, int) or isinstance(document, bool):
        raise SettingsError(f"{where}: expected a whole number, found {type(document).__name__}")
    return document
