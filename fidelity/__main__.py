"""Holds every stack against the official providers, where they can be had: `python -m fidelity`.

Each stack's resources, as the engine knows them, are converted to a configuration of Terraform, validated, applied to
fresh local clouds and planned again. Where Pulumi's official plugins can be had, each stack is deployed with those too.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fidelity import tools
from fidelity.figures import Figures, table
from fidelity.provider import PROVIDERS
from fidelity.runs import with_plugins, with_terraform
from fidelity.sandboxes import running
from fidelity.terraform import Terraform
from fidelity.tools import Release

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Print the figures; 1 where a resource is not valid, applied and stable, 0 also where nothing can be had."""
    parser = argparse.ArgumentParser(prog="python -m fidelity", description=__doc__)
    parser.add_argument("--stack", action="append", help="A stack; may be repeated. Default: all.")
    options = parser.parse_args()
    releases, plugins = _releases(), _plugins()
    with tempfile.TemporaryDirectory(prefix="keystead-fidelity-") as name:
        rows = [*_terraform(releases, options.stack, Path(name)), *_pulumi(plugins, options.stack, Path(name))]
    if rows:
        print(table(rows))
    for row in rows:
        for problem in row.problems:
            print(f"{row.stack}: {problem}")
    return 0 if all(row.complete for row in rows) else 1


def _terraform(releases: list[Release], chosen: list[str] | None, folder: Path) -> Iterator[Figures]:
    program = tools.terraform()
    if not program or not releases:
        return
    named = [word for stack in chosen or () for word in ("--env", stack)]
    with running(ROOT, folder / "deployed", *named) as deployed:
        states = {stack: deployed.state(stack) for stack in chosen or deployed.stacks}
    for release in releases:
        cloud = release.provider.cloud
        with running(ROOT, folder / f"fresh-{cloud}", "--clouds-only", *named) as fresh:
            for stack in (one for one in states if fresh.has(one, cloud)):
                terraform = Terraform(program, release, folder / f"{stack}-{cloud}", fresh.environment(stack))
                yield with_terraform(terraform, release, stack, states[stack], fresh.root)


def _pulumi(plugins: dict[str, Path], chosen: list[str] | None, folder: Path) -> Iterator[Figures]:
    if len(plugins) < len(PROVIDERS):  # the engine takes all providers of a stack from the same place
        return
    with running(ROOT, folder / "fresh-pulumi", "--clouds-only") as fresh:
        for stack in chosen or fresh.stacks:
            yield with_plugins(fresh, stack, plugins)


def _releases() -> list[Release]:
    """The official providers that there are; one line for each that is missing."""
    if not tools.terraform():
        print("terraform is not on PATH: no stack was held against the official providers")
        return []
    found = []
    for provider in PROVIDERS:
        if release := tools.release(provider):
            found.append(release)
        else:
            print(
                f"{provider.source} is in no mirror of Terraform on this machine (TF_PLUGIN_DIR names one): "
                f"the resources of {provider.cloud} were not held against it"
            )
    return found


def _plugins() -> dict[str, Path]:
    """Pulumi's official plugins by cloud; one line where one is missing."""
    found = {provider.cloud: folder for provider in PROVIDERS if (folder := tools.plugin(provider.cloud))}
    if missing := [provider.cloud for provider in PROVIDERS if provider.cloud not in found]:
        names = " and ".join(f"pulumi-resource-{cloud}" for cloud in missing)
        print(f"{names} neither on PATH nor in PULUMI_HOME: no stack was deployed with Pulumi's official plugins")
    return found


sys.exit(main())
