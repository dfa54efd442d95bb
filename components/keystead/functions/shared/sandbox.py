"""What the local sandbox may change about a function: its clock, and where Google's APIs are.

Both come from environment variables, which whoever may configure a deployed function can set. In a deployed function
they count only while the cloud that it calls is the machine itself.
"""

import os
import urllib.parse

CLOCK_VARIABLE = "KEYSTEAD_CLOCK"
"""Path of the file that says how many seconds the clock is ahead."""

GOOGLE_VARIABLE = "KEYSTEAD_GCP_ENDPOINT"
"""Base URL that serves every API of Google's."""

AWS_VARIABLE = "AWS_ENDPOINT_URL"
"""Base URL that serves every API of AWS's, for the AWS SDK."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts that are this machine itself."""

DEPLOYED = ("AWS_LAMBDA_FUNCTION_NAME", "K_SERVICE")
"""Variables that Lambda and Cloud Run set in every function."""


def google_endpoint() -> str | None:
    """Return the base URL of the local GCP; None where there is none."""
    return _loopback(GOOGLE_VARIABLE)


def clock_file() -> str | None:
    """Return the path of the sandbox's clock; None where time is real."""
    deployed = any(name in os.environ for name in DEPLOYED)
    if deployed and not (_loopback(GOOGLE_VARIABLE) or _loopback(AWS_VARIABLE)):
        return None
    return os.environ.get(CLOCK_VARIABLE) or None


def _loopback(variable: str) -> str | None:
    """Return the variable's URL where it leads to this machine."""
    url = os.environ.get(variable, "")
    try:
        host = urllib.parse.urlsplit(url).hostname
    except ValueError:
        return None
    return url if host in LOOPBACK else None
