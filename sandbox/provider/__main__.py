"""`python -m sandbox.provider --registry PATH [--owner PID]`: serve until owner or sandbox are gone, or 12 h idle."""

import argparse
import os
import sys
import time
from pathlib import Path

from sandbox.provider.errors import ProviderError
from sandbox.provider.journal import Journal
from sandbox.provider.registry import Registry
from sandbox.provider.server import Provider, serve
from sandbox.provider.sessions import Sessions

IDLE = 12 * 3600
"""Seconds without a request after which the plugin ends."""
VERSION = "7.51.1"
"""The official plugin this one stands in for."""


def main() -> int:
    """Serve; print the port on one line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.provider", description=__doc__)
    parser.add_argument("--registry", type=Path, required=True, help="the sandbox's sandbox.json")
    parser.add_argument("--owner", type=int, default=0, help="end when this process ends")
    arguments = parser.parse_args()
    try:
        registry = Registry(arguments.registry)
        provider = Provider(Sessions(registry), Journal(registry.path.parent / "provider-journal.json"), VERSION)
    except ProviderError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    server, port = serve(provider)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while _is_wanted(arguments.owner, provider.last_request):
        time.sleep(1)
    server.stop(grace=5).wait()
    return 0


def _is_wanted(owner: int, last_request: float) -> bool:
    if time.monotonic() - last_request > IDLE:
        return False
    if os.fstat(sys.stdout.fileno()).st_nlink == 0:  # the file it told its port to was removed with its sandbox
        return False
    if owner:
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return True


if __name__ == "__main__":
    sys.exit(main())
