"""Runs the command as `python -m keystead.cli`."""

from keystead.cli.main import app

app(prog_name="keystead")
