"""Every error the functions raise on purpose, in one tree; no message ever holds a secret value."""


class FunctionError(Exception):
    """Root of the errors that the functions raise on purpose."""


class SettingsError(FunctionError):
    """The settings in the archive are not what the function's settings module declares."""


class RefusedError(FunctionError):
    """The request is not one this function was deployed for, or not one it can serve now."""


class StaleTokenError(RefusedError):
    """The token's version is no longer (or not yet) the pending one: another rotation took its place."""


class OutOfOrderError(RefusedError):
    """A step arrived before the step it builds on."""


class VerificationError(FunctionError):
    """The pending value is not fit to become the current one."""


class LabelMovedError(FunctionError):
    """The store refused to move a label because it was no longer where the caller saw it."""


class ApiError(FunctionError):
    """A call to the cloud failed; says which method answered what status, never what the answer held."""

    def __init__(self, method: str, code: int, status: str) -> None:
        super().__init__(f"{method}: {code} {status}" if code else f"{method}: {status}")
        self.code = code
        """HTTP status; 0 where there was no answer."""
        self.status = status
        """The cloud's word for it, such as FAILED_PRECONDITION, or the type of the connection's error."""


class CorruptedError(FunctionError):
    """A value's checksum does not fit what arrived; the call can be repeated."""


class UnalignedError(FunctionError):
    """The clouds do not agree on the current value, so that nothing may be retired yet."""


class ExternalError(FunctionError):
    """The user's own strategy failed; says which method and the error's type, nothing else."""


class RotationFailedError(FunctionError):
    """What leaves the handler after a failure: says which secret and step and the error's type, nothing else."""


class SweepFailedError(FunctionError):
    """The sweep went through all secrets and failed for at least one."""
