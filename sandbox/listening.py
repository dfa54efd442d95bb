"""The ports that local clouds listen on."""

import socket
import sys


def bound(port: int) -> socket.socket:
    """A socket on a port of 127.0.0.1, a free one for 0; it is held, so that nobody takes the port meanwhile."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(("127.0.0.1", port))
    except OSError as error:
        sys.exit(f"port {port} on 127.0.0.1 cannot be used: {error.strerror}; choose another one")
    return held
