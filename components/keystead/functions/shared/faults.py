"""Says what went wrong without repeating what was said: an error's own text may hold a secret value."""

from keystead.functions.shared.errors import FunctionError


def describe(error: BaseException) -> dict[str, str]:
    """Return the error's type, where it was raised, and a reason where that is known to be free of values."""
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
        code = trace.tb_frame.f_code
        if "keystead" in code.co_filename:
            place = f"{code.co_filename.rpartition('keystead/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
