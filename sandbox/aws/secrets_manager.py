"""The operations of Secrets Manager that this package answers itself, and the rest with AWS's refusals added."""

from collections.abc import Callable
from typing import Any

from sandbox.aws import seams
from sandbox.aws.clock import Clock
from sandbox.aws.errors import AwsError, Response
from sandbox.aws.secrets_rotation import Rotations

Handler = Callable[[dict[str, Any]], Response]


def install(clock: Clock) -> Rotations:
    """Put the corrected operations into ministack's Secrets Manager."""
    rotations = Rotations(clock, lambda: None)
    service = seams.module("services.secretsmanager")
    seams.replace(service, "_rotate_secret", answering(rotations.rotate))
    return rotations


def answering(operation: Handler) -> Handler:
    """The operation, with its refusals turned into answers."""

    def answered(data: dict[str, Any]) -> Response:
        try:
            return operation(data)
        except AwsError as error:
            return error.response()

    return answered
