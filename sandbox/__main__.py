"""`python -m sandbox`, with whichever Python it is called: what it needs is installed in the checkout."""

import importlib.util
import os
import sys
from pathlib import Path

INSTALLED = Path(__file__).resolve().parents[1] / ".venv" / "bin" / "python"


def main() -> None:
    """Run the command, in the checkout's own virtual environment where this Python lacks what it needs."""
    if importlib.util.find_spec("typer") is None:
        if not INSTALLED.exists() or Path(sys.prefix) == INSTALLED.parents[1]:
            sys.exit("error: the sandbox is not installed; run `make install`")
        os.execv(INSTALLED, [str(INSTALLED), "-m", "sandbox", *sys.argv[1:]])  # noqa: S606  # this very command again
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from keystead_sandbox.host.command import app  # noqa: PLC0415  # only here is it known to be installed

    app()


main()
