"""Every error the functions raise on purpose, in one tree; no message ever holds a secret value."""


class FunctionError(Exception):
    """Root of the errors that the functions raise on purpose."""


class SettingsError(FunctionError):
    """The settings in the archive are not what the function's settings module declares."""


class RefusedError(FunctionError):
    """The request is not one this function was deployed for, or not one it can serve now."""


class StaleTokenError(RefusedError):
    """The token's version is not the pending one, or no longer: another rotation took its place."""


class OutOfOrderError(RefusedError):
    """A step arrived before the step it builds on."""


class VerificationError(FunctionError):
    """The pending value must not become the current one."""


class LabelMovedError(FunctionError):
    """The store refused to move a label because it was no longer on the version where the caller saw it."""


class ApiError(FunctionError):
    """A call to a cloud's API failed; names the method and the status, never the content of the answer."""

    def __init__(self, method: str, code: int, status: str) -> None:
        super().__init__(f"{method}: {code} {status}" if code else f"{method}: {status}")
        self.code = code
        """HTTP status; 0 where there was no answer."""
        self.status = status
        """The API's status word, such as FAILED_PRECONDITION, or the type of the connection's error."""


class CorruptedError(FunctionError):
    """The checksum of a value does not match what arrived; the call can be repeated."""


class UnalignedError(FunctionError):
    """Leader and follower do not have the same current value, so that nothing may be retired yet."""


class ExternalError(FunctionError):
    """The user's own strategy failed; names the method and the error's type, nothing else."""


class RotationFailedError(FunctionError):
    """What the handler raises after a failure; names the secret, the step and the error's type, nothing else."""


class SweepFailedError(FunctionError):
    """The sweep failed for at least one secret, or had no time for it."""
