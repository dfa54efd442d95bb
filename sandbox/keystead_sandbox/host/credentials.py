"""Keys of each account's user `deployer`, and the AWS profiles that use them, one per environment."""

import configparser
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from keystead_sandbox.host.environments import AwsAccount
from keystead_sandbox.host.place import Place, write_private
from keystead_sandbox.host.registry import Cloud, Clouds

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


def write_profiles(place: Place, environments: dict[str, Clouds], keys: dict[str, Keys]) -> None:
    """Write the AWS configuration of every environment that has an account; `keys` is by account."""
    config, credentials = _parser(), _parser()
    for name, cloud, home in _accounts(environments):
        config[f"profile {name}"] = {
            "region": home.region,
            "endpoint_url": cloud.endpoint,
            "ca_bundle": str(place.directory / "ca.pem"),
        }
        credentials[name] = {
            "aws_access_key_id": keys[home.account].identifier,
            "aws_secret_access_key": keys[home.account].secret,
        }
    _write(place.aws / "credentials", credentials)
    _write(place.aws / "config", config)


def read_keys(place: Place, environments: dict[str, Clouds]) -> dict[str, Keys]:
    """Read back the keys of the accounts, from the profiles that use them."""
    parser = _parser()
    parser.read(place.aws / "credentials")
    found = {}
    for name, _, home in _accounts(environments):
        if parser.has_section(name):
            section = parser[name]
            found[home.account] = Keys(section["aws_access_key_id"], section["aws_secret_access_key"])
    return found


def _accounts(environments: dict[str, Clouds]) -> Iterator[tuple[str, Cloud, AwsAccount]]:
    for name, clouds in environments.items():
        cloud = clouds.get("aws")
        if cloud and isinstance(cloud.home, AwsAccount):
            yield name, cloud, cloud.home


def _parser() -> configparser.RawConfigParser:
    return configparser.RawConfigParser(default_section="")


def _write(path: Path, parser: configparser.RawConfigParser) -> None:
    lines = []
    for name in parser.sections():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in parser[name].items()), ""]
    write_private(path, "\n".join(lines))
