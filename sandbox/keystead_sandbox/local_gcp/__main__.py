"""Serve one local GCP until it is stopped, its owner exits or no request has come for long."""

import argparse
import re
import sys
from pathlib import Path

from keystead_sandbox.common.cloud_settings import clean_environment, common, parser
from keystead_sandbox.common.listening import Sockets
from keystead_sandbox.local_gcp.settings import Settings, number_of

PROJECT = re.compile(r"([a-z][a-z0-9-]{4,28}[a-z0-9])(?:=(\d{6,19}))?")


def _arguments() -> argparse.Namespace:
    options = parser("keystead_sandbox.local_gcp", "A local GCP on loopback.")
    options.add_argument("--project", action="append", required=True, help="project id, or id=number; repeatable")
    options.add_argument("--tokens", type=Path, required=True, help="directory for the deployers' tokens")
    return options.parse_args()


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
    projects = _projects(arguments.project)
    sockets = Sockets.held(arguments.port, arguments.plain_port)
    settings = Settings(projects=projects, tokens=arguments.tokens.resolve(), **common(arguments, sockets))
    clean_environment()
    from keystead_sandbox.local_gcp.serving import server  # noqa: PLC0415 - nothing may read the environment before it is clean

    server.serve(settings, sockets)


if __name__ == "__main__":
    main()
