"""What every local cloud is started with: its command line, the token of its environment and a clean environment."""

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keystead_sandbox.common.listening import Sockets

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")
"""All that is kept of the machine's environment: proxies, PYTHON*, AWS_*, GOOGLE_* and the like change no cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSettings:
    """The part of the command line that local clouds have in common, and the token they take from their environment."""

    port: int
    plain_port: int
    certificate: Path
    key: Path
    ca: Path
    clock: Path
    temporary: Path
    registry: Path | None
    """The sandbox's sandbox.json, which holds the addresses of the sandbox's other clouds."""
    owner: int | None
    strict: bool = False
    """Whether rights, roles and services take effect late, and calls are limited, as the cloud documents."""
    token: str = field(repr=False)

    @property
    def endpoint(self) -> str:
        """Where the cloud answers with TLS."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def plain(self) -> str:
        """Where it answers without TLS, to show that policies refuse that."""
        return f"http://127.0.0.1:{self.plain_port}"


def parser(program: str, description: str) -> argparse.ArgumentParser:
    """The options that every cloud has."""
    options = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    options.add_argument("--port", type=int, required=True, help="TLS port on 127.0.0.1; 0 takes a free one")
    options.add_argument("--plain-port", type=int, required=True, help="port without TLS; 0 takes a free one")
    options.add_argument("--cert", type=Path, required=True)
    options.add_argument("--key", type=Path, required=True)
    options.add_argument("--ca", type=Path, required=True, help="what the cloud's functions trust")
    options.add_argument("--clock", type=Path, required=True, help="file with the sandbox's offset in seconds")
    options.add_argument("--registry", type=Path, help="the sandbox's sandbox.json, where there are other clouds")
    options.add_argument("--owner", type=int, help="exit when this process dies")
    options.add_argument("--strict", action="store_true", help="rights take effect late, calls are limited")
    options.add_argument("--temporary", type=Path, help="where function code is unpacked; beside the clock by default")
    return options


def common(arguments: argparse.Namespace, sockets: Sockets) -> dict[str, Any]:
    """The fields of CloudSettings."""
    return {
        "port": sockets.secure.getsockname()[1],
        "plain_port": sockets.plain.getsockname()[1],
        "certificate": arguments.cert.resolve(),
        "key": arguments.key.resolve(),
        "ca": arguments.ca.resolve(),
        "clock": arguments.clock.resolve(),
        "temporary": (arguments.temporary or arguments.clock.parent).resolve(),
        "registry": arguments.registry and arguments.registry.resolve(),
        "owner": arguments.owner,
        "strict": arguments.strict,
        "token": os.environ.get("KEYSTEAD_TOKEN", ""),
    }


def clean_environment(**variables: str) -> None:
    """Replace the process's environment."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ.update({**kept, **variables})
