"""The gcloud configuration named after an environment, read where gcloud itself keeps it."""

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keystead.model.errors import CloudError

FOLDER_VARIABLE = "CLOUDSDK_CONFIG"
"""Environment variable that names gcloud's folder; by default ~/.config/gcloud."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The properties of one configuration that say how a project is reached."""

    name: str
    token_file: Path
    """File with an access token (`auth/access_token_file`)."""
    authority: Path | None = None
    """Certificates to trust instead of the system's (`core/custom_ca_certs_file`)."""
    endpoints: Mapping[str, str]
    """Base URL of an API by its short name, such as `secretmanager` (`api_endpoint_overrides`)."""

    def token(self) -> str:
        """Read the access token, each time anew: whoever writes the file renews it there."""
        try:
            return self.token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CloudError(
                f"{self.name}: the token file of the gcloud configuration {self.name!r} cannot be read: {error}. "
                "Log in again (for the sandbox: python -m sandbox status)."
            ) from None


def named(name: str) -> Configuration | None:
    """Return the configuration of that name if there is one that holds a token file; None otherwise."""
    parser = configparser.ConfigParser(interpolation=None)
    file = _folder() / "configurations" / f"config_{name}"
    try:
        parser.read(file, encoding="utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError) as error:
        raise CloudError(f"{name}: the gcloud configuration {file} cannot be read: {type(error).__name__}.") from None
    token_file = parser.get("auth", "access_token_file", fallback="")
    if not token_file:
        return None
    authority = parser.get("core", "custom_ca_certs_file", fallback="")
    section = "api_endpoint_overrides"
    return Configuration(
        name=name,
        token_file=Path(token_file),
        authority=Path(authority) if authority else None,
        endpoints=dict(parser.items(section)) if parser.has_section(section) else {},
    )


def _folder() -> Path:
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given) if given else Path.home() / ".config" / "gcloud"
