"""Every error the functions raise on purpose, in one tree; no message ever holds a secret value."""


class FunctionError(Exception):
    """Root of the errors that the functions raise on purpose."""


class SettingsError(FunctionError):
    """The settings in the bundle are not what contract.py promises."""


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


class RotationFailedError(FunctionError):
    """What leaves the handler after a failure: says which secret and step and the error's type, nothing else."""


class SweepFailedError(FunctionError):
    """The sweep went through all secrets and failed for at least one."""
