"""Prints each figure beside its target, whatever it is: `python -m bench`, with --json for programs."""

import argparse
import json
from collections.abc import Iterator

from bench.cold_import import cold_import
from bench.command import command
from bench.figure import Figure
from bench.gcp import gcp
from bench.journey import journey
from bench.lines import lines
from bench.policies import policies
from bench.scale import scale


def main() -> None:
    """Measure everything and print each figure as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="the cold import and the lines alone")
    parser.add_argument("--size", metavar="CLOUD:SECRETS", help="an environment of this size alone, such as aws:300")
    options = parser.parse_args()
    figures = scale([_size(options.size)]) if options.size else _figures(quick=options.quick)
    if options.json:
        document = {"version": 1, "figures": [figure.document() for figure in figures], "lines": lines()}
        print(json.dumps(document, indent=2))
        return
    print(f"{'figure':<36}{'measured':>14}{'target':>12}{'ratio':>8}")
    for figure in figures:
        measured, target = f"{figure.value:.3g} {figure.unit}", f"{figure.target:g} {figure.unit}"
        print(f"{figure.name:<36}{measured:>14}{target:>12}{figure.ratio:>8.2f}", flush=True)
    print(f"\n{'lines of Python in':<36}{'':>8}")
    for package, number in lines().items():
        print(f"{package:<36}{number:>8}")


def _figures(*, quick: bool) -> Iterator[Figure]:
    yield cold_import()
    if not quick:
        yield from command()
        yield from gcp()
        yield from policies()
        yield from journey()
        yield from scale()


def _size(text: str) -> tuple[str, int]:
    cloud, _, secrets = text.partition(":")
    return cloud, int(secrets)


main()
