"""`python -m sandbox.gcp`: serve one local GCP until it is told to stop, its owner dies or nobody asks it."""

import argparse
import os
import re
import sys
from pathlib import Path

from sandbox.gcp.settings import Settings, number_of
from sandbox.listening import bound

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")
"""All that is kept of the machine's environment: proxies, PYTHON*, GOOGLE_* and the like must not change a cloud."""
PROJECT = re.compile(r"([a-z][a-z0-9-]{4,28}[a-z0-9])(?:=(\d{6,19}))?")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.gcp", description="A local GCP on loopback.")
    parser.add_argument("--project", action="append", required=True, help="project id, or id=number; repeatable")
    parser.add_argument("--port", type=int, required=True, help="TLS port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--plain-port", type=int, required=True, help="port without TLS; 0 takes a free one")
    parser.add_argument("--cert", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--ca", type=Path, required=True, help="what the functions trust")
    parser.add_argument("--clock", type=Path, required=True, help="file with the sandbox's offset in seconds")
    parser.add_argument("--tokens", type=Path, required=True, help="directory for the deployers' tokens")
    parser.add_argument("--owner", type=int, help="exit when this process dies")
    parser.add_argument("--temporary", type=Path, help="where function code is unpacked; beside the clock by default")
    return parser.parse_args()


def _projects(given: list[str]) -> dict[str, str]:
    projects = {}
    for one in given:
        found = PROJECT.fullmatch(one)
        if not found:
            sys.exit(f"--project {one}: a project id has 6 to 30 lowercase letters, digits and dashes, as in acme-dev")
        projects[found[1]] = found[2] or number_of(found[1])
    return projects


def main() -> None:
    """Read the command line, then serve."""
    arguments = _arguments()
    secure, plain = bound(arguments.port), bound(arguments.plain_port)
    settings = Settings(
        projects=_projects(arguments.project),
        port=secure.getsockname()[1],
        plain_port=plain.getsockname()[1],
        certificate=arguments.cert.resolve(),
        key=arguments.key.resolve(),
        ca=arguments.ca.resolve(),
        clock=arguments.clock.resolve(),
        tokens=arguments.tokens.resolve(),
        temporary=(arguments.temporary or arguments.clock.parent).resolve(),
        owner=arguments.owner,
        token=os.environ.get("KEYSTEAD_TOKEN", ""),
    )
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    from sandbox.gcp import server  # noqa: PLC0415 - nothing may read the environment before it is clean

    server.serve(settings, secure.detach(), plain.detach())


if __name__ == "__main__":
    main()
