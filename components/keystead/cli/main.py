"""The command's frame: its commands, its exit codes, and what it never shows."""

from typing import Any

import typer
from typer.core import TyperGroup

from keystead.cli.commands import check, policy, rotate, schema, secret, status
from keystead.cli.terminal import messages
from keystead.functions.shared.redaction import install
from keystead.model.errors import CloudError, KeysteadError


class Frame(TyperGroup):
    """Shows an error as one message: exit code 1 when a cloud is at fault, 2 when the spec or the command is."""

    def invoke(self, ctx: Any) -> object:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except KeysteadError as error:
            messages().print(f"error: {error}", markup=False)
            raise typer.Exit(1 if isinstance(error, CloudError) else 2) from None


app = typer.Typer(
    cls=Frame, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.callback()
def keystead() -> None:
    """Key management as code: look at environments, rotate, and bring the values that only a person can bring."""
    install()


app.command()(status.status)
app.command()(rotate.rotate)
app.command()(check.check)
app.command()(schema.schema)
app.add_typer(secret.app, name="secret")
app.add_typer(policy.app, name="policy")
