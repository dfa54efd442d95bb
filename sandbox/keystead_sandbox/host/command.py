"""The commands of the sandbox: `keystead sandbox ...`, in a checkout also `python -m sandbox ...`."""

import errno
import json
import shlex
from dataclasses import asdict
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from keystead_sandbox.common.errors import SandboxError, UsageError
from keystead_sandbox.host.locking import alone
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.registry import Cloud, Registry

# ruff: noqa: PLC0415 - a command imports what it needs, half a second for all of it


class Frame(TyperGroup):
    """Shows a failure as one message."""

    def invoke(self, ctx: Any) -> object:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except SandboxError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2 if isinstance(error, UsageError) else 1) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            where = f" ({error.filename})" if error.filename else ""
            typer.echo(f"error: the disk is full{where}; free some space and run it again", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("interrupted; run it again to go on", err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Frame, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.callback()
def sandbox() -> None:
    """Run AWS, GCP and the Pulumi engine on this machine, for the stacks of this project.

    Everything lies in .sandbox (or where KEYSTEAD_SANDBOX points) and listens on loopback only.

    Exit codes: 0 all is well, 1 something failed, 2 the command was called wrongly.
    """


@app.command()
def up(
    env: Annotated[list[str] | None, typer.Option(help="An environment; may be repeated. Default: all.")] = None,
    clouds_only: Annotated[
        bool, typer.Option("--clouds-only", help="Start clouds and stacks, deploy nothing.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="First of the ports, two per account or project. Default: free ones.", max=65000)
    ] = 0,
    owner_pid: Annotated[int, typer.Option(help="End everything when this process ends. Default: never.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Let rights take effect late and limit calls, as the clouds document.")
    ] = False,
    table: Annotated[bool, typer.Option(help="Show what every environment holds at the end.")] = True,
) -> None:
    """Bring environments up; what runs and is deployed already is left alone."""
    from keystead_sandbox.host.environments import chosen
    from keystead_sandbox.host.up import Wishes
    from keystead_sandbox.host.up import up as bring_up

    place = Place.find()
    wishes = Wishes(clouds_only=clouds_only, table=table, base_port=port, owner=owner_pid, strict=strict)
    bring_up(place, chosen(place.stacks, env), wishes)


@app.command()
def down() -> None:
    """End every process of the sandbox and forget what was deployed: its clouds live in memory."""
    from keystead_sandbox.host import clouds

    place = Place.find()
    if not place.directory.exists():
        return
    with alone(place):
        count = clouds.stop(place)
    typer.echo(f"{count} processes ended", err=True)


@app.command()
def status(as_json: Json = False) -> None:
    """Show which clouds run. Exit code 1 when none does, or one has died."""
    place = Place.find()
    registry = Registry.load(place.registry)
    rows = [
        _row(place, name, cloud, kind) for name, clouds in registry.clouds.items() for kind, cloud in clouds.items()
    ]
    provider = registry.provider is not None and registry.provider.process.alive()
    if as_json:
        typer.echo(json.dumps({"clouds": rows, "provider": provider}, indent=1))
    else:
        for row in rows:
            state = f"{row['memory'] // 1024**2} MB, {row.get('offset', 0) / 86_400:g} days ahead"
            typer.echo(
                f"{row['environment']:12} {row['home']:32} {row['endpoint']} "
                + (state if row["running"] else f"has ended; `{place.command} up` starts it again")
            )
        typer.echo("provider plugin " + ("runs" if provider else "does not run"))
    if not rows or not provider or not all(row["running"] for row in rows):
        raise typer.Exit(1)


def _row(place: Place, environment: str, cloud: Cloud, kind: str) -> dict[str, Any]:
    from keystead_sandbox.host.control import Control

    running = cloud.process.alive()
    known = {"environment": environment, "cloud": kind, "home": str(cloud.home), **asdict(cloud.home)}
    told = Control(place).status(cloud) if running else {}
    return {**known, "endpoint": cloud.endpoint, "running": running, "memory": cloud.process.memory(), **told}


@app.command()
def env() -> None:
    """Print what a shell needs for plain pulumi, aws, gcloud and keystead: eval "$(keystead sandbox env)"."""
    from keystead_sandbox.host import shell

    place = Place.find()
    registry = Registry.load(place.registry)
    if not registry.provider or not registry.provider.process.alive():
        raise SandboxError("the sandbox does not run", "run `make up` first")
    for name in shell.foreign():
        typer.echo(f"unset {name}")
    for name, value in shell.variables(place, registry).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def advance(length: Annotated[str, typer.Argument(help="90d, 12h or 30m")], as_json: Json = False) -> None:
    """Move the time of every cloud; what falls due on the way happens, in its order."""
    from keystead_sandbox.host import advance as time_travel

    place = Place.find()
    wanted = time_travel.seconds(length)
    with alone(place):
        happened = time_travel.advance(place, wanted)
    if as_json:
        typer.echo(json.dumps(happened, indent=1))
        return
    for names, events in happened.items():
        typer.echo(f"{names}: " + (f"{len(events)} events" if events else "nothing happened"))
        for line in time_travel.summary(events):
            typer.echo(f"  {line}")
