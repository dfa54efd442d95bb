"""Serve the provider plugins until the owner or the sandbox is gone, or after 12 hours without a request."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from keystead_sandbox.common import lifetime
from keystead_sandbox.pulumi_provider.aws import cloud as aws
from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.gcp import cloud as gcp
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.plugin import Plugin
from keystead_sandbox.pulumi_provider.server import Provider, serve


def main() -> int:
    """Serve; print the port of each plugin on one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m keystead_sandbox.pulumi_provider", description=__doc__)
    parser.add_argument("--registry", type=Path, required=True, help="the sandbox's sandbox.json")
    parser.add_argument("--owner", type=int, help="end when this process ends")
    arguments = parser.parse_args()
    folder = arguments.registry.resolve().parent
    plugins: list[Plugin[Any, Any]] = [Plugin(aws.cloud(arguments.registry)), Plugin(gcp.cloud(arguments.registry))]
    names = [plugin.cloud.name for plugin in plugins]
    try:
        journals = [Journal(folder / f"provider-journal-{name}.json") for name in names]
        providers = [Provider(*pair) for pair in zip(plugins, journals, strict=True)]
    except ProviderError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    serving = [serve(provider) for provider in providers]
    ports = {name: port for name, (_, port) in zip(names, serving, strict=True)}
    sys.stdout.write(f"{json.dumps(ports)}\n")
    sys.stdout.flush()
    while lifetime.wanted(arguments.owner, max(provider.last_request for provider in providers)):
        time.sleep(1)
    for ended in [server.stop(grace=5) for server, _ in serving]:
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
