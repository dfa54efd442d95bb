"""`keystead sandbox`: the local clouds, where the distribution keystead-sandbox is installed.

The product does not depend on the sandbox, so that its command is imported by name and only where it is there.
"""

from importlib import import_module
from importlib.util import find_spec

import typer

from keystead.cli.options import command_app
from keystead.model.errors import MissingPackageError

PACKAGE = "keystead_sandbox"


def _installed() -> typer.Typer:
    """Return the sandbox's own commands."""
    found: typer.Typer = import_module(f"{PACKAGE}.host.command").app
    return found


def _missing() -> typer.Typer:
    """Return a command that takes whatever is asked of it, and says what to install."""
    command = command_app()

    @command.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def sandbox() -> None:
        """Run AWS, GCP and the Pulumi engine on this machine. Needs the package keystead-sandbox."""
        raise MissingPackageError("the sandbox is not installed; run pip install 'keystead[sandbox]'")

    return command


app = _installed() if find_spec(PACKAGE) else _missing()
