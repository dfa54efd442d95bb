"""Runs one function with functions-framework until its cloud ends: worker.py CODE TARGET SIGNATURE SOCKET."""

import logging
import sys

from functions_framework import create_app
from werkzeug.serving import make_server

from keystead_sandbox.common import lifetime


def _prefer(code: str) -> None:
    """Search for modules in the function's code before site-packages, and after the standard library."""
    places = [number for number, path in enumerate(sys.path) if path.endswith("site-packages")]
    sys.path.insert(min(places, default=len(sys.path)), code)


def main() -> None:
    """Load the function, then listen."""
    code, target, signature, descriptor = sys.argv[1:]
    _prefer(code)
    lifetime.end_with_parent()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = create_app(target, f"{code}/main.py", signature)  # type: ignore[no-untyped-call]
    server = make_server("127.0.0.1", 0, application, threaded=True, fd=int(descriptor))
    server.server_activate()
    server.serve_forever()


if __name__ == "__main__":
    main()
