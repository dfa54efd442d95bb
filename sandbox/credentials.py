"""Keys of each account's user `deployer`, and the AWS profiles that use them, one per environment."""

import configparser
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.place import Place, write_private
from sandbox.registry import Cloud

KEY_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key as AWS shapes it."""

    identifier: str
    secret: str = field(repr=False)

    @staticmethod
    def make() -> "Keys":
        """Draw a new key: 16 characters after the prefix, 40 of secret."""
        identifier = "AKIA" + "".join(secrets.choice(KEY_ID_ALPHABET) for _ in range(16))
        return Keys(identifier, secrets.token_urlsafe(30))


def token(place: Place) -> str:
    """Return what authorizes questions to `/_keystead/`, made once per sandbox."""
    path = place.directory / "token"
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    return path.read_text()


def passphrase(place: Place) -> Path:
    """Return the file with the passphrase of the local stacks, made once per sandbox."""
    path = place.directory / "passphrase"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path


def write_profiles(place: Place, clouds: dict[str, Cloud], keys: dict[str, Keys]) -> None:
    """Write the AWS configuration of every environment that has a cloud; `keys` is by account."""
    config, credentials = _parser(), _parser()
    for name, cloud in clouds.items():
        config[f"profile {name}"] = {
            "region": cloud.region,
            "endpoint_url": cloud.endpoint,
            "ca_bundle": str(place.directory / "ca.pem"),
        }
        credentials[name] = {
            "aws_access_key_id": keys[cloud.account].identifier,
            "aws_secret_access_key": keys[cloud.account].secret,
        }
    _write(place.aws / "credentials", credentials)
    _write(place.aws / "config", config)


def read_keys(place: Place, clouds: dict[str, Cloud], accounts: Iterable[str]) -> dict[str, Keys]:
    """Read back the keys of the accounts, from the profiles that use them."""
    parser = _parser()
    parser.read(place.aws / "credentials")
    found = {}
    for name, cloud in clouds.items():
        if cloud.account in accounts and parser.has_section(name):
            section = parser[name]
            found[cloud.account] = Keys(section["aws_access_key_id"], section["aws_secret_access_key"])
    return found


def _parser() -> configparser.RawConfigParser:
    return configparser.RawConfigParser(default_section="")


def _write(path: Path, parser: configparser.RawConfigParser) -> None:
    lines = []
    for name in parser.sections():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in parser[name].items()), ""]
    write_private(path, "\n".join(lines))
