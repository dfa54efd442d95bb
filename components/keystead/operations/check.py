"""Whether the stack files hold together: each by itself, beside the others, and within the limits of its clouds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keystead.changes.expiry import expired
from keystead.functions.shared.clock import now
from keystead.limits import exceeded
from keystead.model.errors import SpecError
from keystead.operations.selection import environments_in
from keystead.operations.specs import load_each
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.neighbours import crowded


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """The chosen environments, and what is wrong with them."""

    names: Sequence[str]
    valid: Sequence[EnvironmentSpec]
    errors: Sequence[SpecError]


def check_environments(directory: Path, chosen: list[str]) -> CheckReport:
    """Check the chosen environments, or all; those not chosen count as neighbours."""
    names = environments_in(directory, chosen)
    specs, unreadable = load_each(environments_in(directory, []), directory)
    loaded = {spec.environment: spec for spec in specs}
    errors = [error for name in names for error in unreadable if error.environment == name]
    time = now()
    for name in names:
        spec = loaded.get(name)
        problems = [*crowded(spec, specs), *exceeded(spec), *expired(spec, time)] if spec else []
        errors += [SpecError(name, problems)] if problems else []
    wrong = {error.environment for error in errors}
    return CheckReport(names=names, valid=[loaded[name] for name in names if name not in wrong], errors=errors)
