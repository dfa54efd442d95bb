"""One stack with one official provider: what it takes, what it makes, and what it would change again."""

from pathlib import Path
from typing import Any

from keystead_sandbox.common.errors import SandboxError

from fidelity.conversion import Conversion
from fidelity.figures import Figures
from fidelity.sandboxes import FidelitySandbox
from fidelity.terraform import Terraform, TerraformError
from fidelity.tools import Release


def with_terraform(terraform: Terraform, release: Release, stack: str, state: dict[str, Any], root: Path) -> Figures:
    """Convert, validate, apply and plan; what is not valid is not applied."""
    figures = Figures(stack=stack, provider=str(release))
    try:
        converted = Conversion(release.provider, terraform.schemas(), state, root).configuration()
        declared = set(converted.declared)
        terraform.declare(converted.document)
        figures.resources = len(declared) + converted.missing
        figures.problems += converted.problems + terraform.validate().errors
        figures.valid = max(0, figures.resources - len(figures.problems))
        if figures.problems:
            return figures
        applied, planned = terraform.apply(), terraform.plan()
    except TerraformError as error:
        figures.problems.append(str(error))
        return figures
    figures.applied = len(declared & set(applied.done))
    figures.problems += applied.errors + planned.errors
    if not planned.errors:
        figures.stable = len(declared & set(applied.done) - set(planned.done))
    figures.problems += [
        f"{one}: a second run would {does} it" for one, does in planned.done.items() if one in declared
    ]
    return figures


def with_plugins(fresh: FidelitySandbox, stack: str, plugins: dict[str, Path]) -> Figures:
    """Deploy the stack with Pulumi's official plugins, and again, which has to change nothing."""
    figures = Figures(stack=stack, provider=" and ".join(folder.name for folder in plugins.values()))
    engine = fresh.engine(stack, plugins.values())
    try:
        first = engine.up(stack, lambda _so_far: None)
        figures.resources = figures.valid = figures.applied = first.done
        second = engine.up(stack, lambda _so_far: None)
    except SandboxError as error:
        figures.problems.append(str(error))
        return figures
    figures.stable = second.done - second.changed
    if second.changed:
        figures.problems.append(f"a second `pulumi up` changed {second.changed} resources")
    return figures
