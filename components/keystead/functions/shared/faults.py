"""Describes an error without its own text, which may hold a secret value."""

import os
from pathlib import Path

from keystead.functions.shared.errors import FunctionError

_OWN = f"{Path(__file__).parents[2]}{os.sep}"
"""What paths of this library's own files begin with, wherever the function was unpacked."""


def describe(error: BaseException) -> dict[str, str]:
    """Return the error's type, where it was raised, and a reason where it cannot hold a value."""
    fields = {"error": type(error).__name__, "at": _place(error)}
    if isinstance(error, FunctionError):
        fields["reason"] = str(error)
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        fields["reason"] = f"{getattr(error, 'operation_name', '?')}: {response.get('Error', {}).get('Code', '?')}"
    return fields


def _place(error: BaseException) -> str:
    """Return file and line of the last of our own frames."""
    place, trace = "?", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(_OWN):
            place = f"{file.removeprefix(_OWN)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
