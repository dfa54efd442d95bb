"""Runs the policy pack over what a stack holds, with the settings and waivers of its stack file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keystead.model.errors import KeysteadError
from keystead.operations.exported import from_engine, from_file, stack_of
from keystead.operations.pack import Pack
from keystead.operations.policy_settings import policy_settings
from keystead.operations.progress import Progress, silent
from keystead.operations.selection import environments_in
from keystead.operations.specs import load_valid


@dataclass(frozen=True, kw_only=True)
class PolicyReport:
    """What the policy pack found in one stack."""

    found: dict[str, Any]
    """The pack's own document; its fields are the pack's to define."""
    colour: str
    """The environment's colour."""

    @property
    def failed(self) -> bool:
        """Whether something found would stop `pulumi up`."""
        return bool(self.found["failed"])


def check_stack(
    directory: Path,
    pack: Path | None,
    stack: str,
    state: Path | None,
    reports: Mapping[str, Path],
    progress: Progress = silent,
) -> PolicyReport:
    """Check a stack's state, from the engine or from a file; `reports` are files to write, by the pack's option."""
    policies = Pack.beside(directory, pack)
    exported = from_file(state) if state else None
    name = _named(stack, state, exported)
    environment = environments_in(directory, [name.rsplit("/", 1)[-1]], "--stack")[0]
    spec = load_valid([environment], directory)[0]
    if exported is None:
        with progress(f"exporting the state of {name}"):
            exported = from_engine(name, directory.resolve().parent)
    exported["config"] = policy_settings(environment, directory)
    source = f"{directory.resolve().name}/Pulumi.{environment}.yaml"
    written = [text for option, file in reports.items() for text in (option, str(file))]
    found = policies.check(exported, "--stack", environment, "--source", source, *written)
    return PolicyReport(found=found, colour=spec.colour)


def rules_of(directory: Path | None, pack: Path | None) -> list[dict[str, Any]]:
    """Return every rule of the pack, given or beside the stack files, as the pack describes it."""
    return Pack.beside(directory or Path(), pack).rules()


def _named(stack: str, state: Path | None, exported: Mapping[str, Any] | None) -> str:
    """Return the stack that is meant: the given one, which a given state has to be of, or the state's own."""
    if state is None or exported is None:
        if not stack:
            raise KeysteadError("name a stack with --stack S, or a file of `pulumi stack export` with --state FILE.")
        return stack
    own = stack_of(exported)
    if not (own or stack):
        raise KeysteadError(f"--state {state}: names no stack, since it has no resources. Give one with --stack S.")
    if own and stack and stack.rsplit("/", 1)[-1] != own:
        raise KeysteadError(f"--state {state}: is of the stack {own}, not {stack}. Leave --stack out, or give {own}.")
    return stack or own
