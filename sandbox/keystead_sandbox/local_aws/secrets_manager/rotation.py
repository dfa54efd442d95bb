"""RotateSecret and CancelRotateSecret as AWS documents them, in the place of ministack's stub.

Sources: API reference of RotateSecret, CancelRotateSecret, RotationRulesType and DescribeSecret; user guide, "How
rotation works" and "Troubleshoot rotation". AWS does not document how often and when it retries a rotation; here a
failed one is tried again after 2, 8 and 30 seconds, 5 minutes and an hour of the account's time, then at its next date.
"""

import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_aws.functions import invocation
from keystead_sandbox.local_aws.identity.authorization import allowed
from keystead_sandbox.local_aws.protocol import errors
from keystead_sandbox.local_aws.protocol.in_process import within
from keystead_sandbox.local_aws.secrets_manager import replicas, rotation_rules, store

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
RETRY_AFTER_SECONDS = (2, 8, 30, 300, 3600)
SERVICE = "secretsmanager.amazonaws.com"

INCOMPLETE = "A previous rotation isn't complete. That rotation will be reattempted."
NOT_INVOKABLE = (
    "Secrets Manager cannot invoke the specified Lambda function. "
    f"Ensure that the function policy grants access to the principal {SERVICE}."
)


@dataclass(slots=True)
class Rotation:
    """One rotation under way: the version it makes, how often it was tried and when it is tried next."""

    key: tuple[str, str, str]
    arn: str
    token: str
    due: float
    steps: tuple[str, ...] = STEPS
    attempts: int = 0
    rotation_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


class Rotations:
    """All rotations of the account; at most one per secret."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.wake: Callable[[], None] = lambda: None
        self.under_way: dict[str, Rotation] = {}

    def rotate(self, data: dict[str, Any]) -> errors.Response:
        """The operation RotateSecret."""
        secret = store.writable(data.get("SecretId"))
        token = data.get("ClientRequestToken") or str(uuid.uuid4())
        if not 32 <= len(token) <= 64:
            raise errors.invalid_parameter("ClientRequestToken must be 32-64 characters long.")
        rules = data.get("RotationRules") or secret.get("RotationRules") or {}
        rotation_rules.validate(rules)
        function = self._function(data.get("RotationLambdaARN") or secret.get("RotationLambdaARN"), secret)
        immediately = data.get("RotateImmediately", True)
        pending, _ = store.labelled(secret, store.PENDING)
        current, _ = store.labelled(secret, store.CURRENT)
        if pending not in {None, current, token}:
            self._reattempt(secret, pending)
            raise errors.invalid_request(INCOMPLETE)
        if store.has_value(secret["Versions"].get(token)) and token != pending:
            return errors.answer(store.identity(secret) | {"VersionId": token})
        self._configure(secret, function, rules)
        self._start(secret, token, STEPS if immediately else ("testSecret",))
        return errors.answer(store.identity(secret) | ({"VersionId": token} if immediately else {}))

    def cancel(self, data: dict[str, Any]) -> errors.Response:
        """The operation CancelRotateSecret: automatic rotation off, the rotation under way stops; labels stay."""
        secret = store.writable(data.get("SecretId"))
        if not secret.get("RotationLambdaARN"):
            message = "You tried to cancel the rotation of a secret that does not have rotation configured."
            raise errors.invalid_request(message)
        secret["RotationEnabled"] = False
        self.under_way.pop(secret["ARN"], None)
        pending, _ = store.labelled(secret, store.PENDING)
        return errors.answer(store.identity(secret) | ({"VersionId": pending} if pending else {}))

    def due(self, span: Span) -> Iterator[Due]:
        """Rotations and retries that fall due."""
        for rotation in list(self.under_way.values()):
            if rotation.due <= span.until:
                yield Due(rotation.due, "rotation", rotation.key[2], partial(self._attempt, rotation), rotation.arn)
        for key, secret in store.everywhere():
            if secret["ARN"] in self.under_way:
                continue
            opening = rotation_rules.next_opening(secret)
            if opening is not None and opening <= span.until:
                yield Due(opening, "rotation", key[2], partial(self._scheduled, key, secret), secret["ARN"])

    def _configure(self, secret: store.Secret, function: str, rules: dict[str, Any]) -> None:
        changed = (secret.get("RotationLambdaARN"), secret.get("RotationRules")) != (function, rules)
        secret["RotationLambdaARN"] = function
        secret["RotationRules"] = rules
        secret["RotationEnabled"] = bool(rules)
        if changed:
            secret["RotationRulesSince"] = self._clock.now()
        secret.setdefault("RotationBase", self._clock.now())
        secret["LastChangedDate"] = int(self._clock.now())

    def _function(self, function: str | None, secret: store.Secret) -> str:
        if not function:
            raise errors.invalid_request("No Lambda rotation function ARN is associated with this secret.")
        if not invocation.exists(function):
            raise errors.not_found("Lambda does not exist or could not be accessed")
        if not invocation.service_may_invoke(function, SERVICE, secret["ARN"]):
            raise errors.access_denied(NOT_INVOKABLE)
        allowed("lambda:InvokeFunction", function, {})
        return function

    def _start(self, secret: store.Secret, token: str, steps: tuple[str, ...]) -> None:
        now = self._clock.now()
        if not store.has_value(secret["Versions"].get(token)):
            store.empty_version(secret, token, now)
        self.under_way[secret["ARN"]] = Rotation(store.key_of(secret), secret["ARN"], token, now, steps)
        self.wake()

    def _reattempt(self, secret: store.Secret, token: str | None) -> None:
        rotation = self.under_way.get(secret["ARN"])
        if rotation is None and token is not None and secret.get("RotationLambdaARN"):
            rotation = Rotation(store.key_of(secret), secret["ARN"], token, self._clock.now())
            self.under_way[secret["ARN"]] = rotation
        if rotation is not None:
            rotation.due = min(rotation.due, self._clock.now())
            self.wake()

    def _scheduled(self, key: tuple[str, str, str], secret: store.Secret) -> str:
        secret["RotationBase"] = self._clock.now()
        pending, _ = store.labelled(secret, store.PENDING)
        current, _ = store.labelled(secret, store.CURRENT)
        token = pending if pending and pending != current else str(uuid.uuid4())
        if not store.has_value(secret["Versions"].get(token)):
            store.empty_version(secret, token, self._clock.now())
        rotation = Rotation(key, secret["ARN"], token, self._clock.now())
        self.under_way[secret["ARN"]] = rotation
        return self._attempt(rotation)

    def _attempt(self, rotation: Rotation) -> str:
        with within(*rotation.key[:2]):
            for step in rotation.steps:
                secret = self._still_wanted(rotation)
                if secret is None:
                    self._end(rotation)
                    return "stopped: cancelled or deleted"
                error = _invoke(secret, rotation, step)
                if error:
                    return self._failed(rotation, step)
            return self._finished(rotation)

    def _still_wanted(self, rotation: Rotation) -> store.Secret | None:
        secret = store.same(rotation.key, rotation.arn)
        if secret is None or secret.get("DeletedDate") or self.under_way.get(rotation.arn) is not rotation:
            return None
        return secret

    def _end(self, rotation: Rotation) -> None:
        """Forget a rotation; one that was started for the secret meanwhile stays."""
        if self.under_way.get(rotation.arn) is rotation:
            del self.under_way[rotation.arn]

    def _finished(self, rotation: Rotation) -> str:
        secret = self._still_wanted(rotation)
        self._end(rotation)
        if secret is None:
            return "stopped: cancelled or deleted"
        if rotation.steps != STEPS:
            store.unlabel(secret, store.PENDING)
            return "tested"
        now = self._clock.now()
        secret["LastRotatedDate"] = int(now)
        secret["LastChangedDate"] = int(now)
        secret["RotationBase"] = now
        replicas.sync(secret)
        return "rotated"

    def _failed(self, rotation: Rotation, step: str) -> str:
        secret = self._still_wanted(rotation)
        if rotation.steps != STEPS or secret is None:
            self._end(rotation)
            if secret is not None:
                store.unlabel(secret, store.PENDING)
            return f"test failed at {step}"
        if rotation.attempts >= len(RETRY_AFTER_SECONDS):
            self._end(rotation)
            return f"failed at {step}; tried again at the next rotation date"
        wait = RETRY_AFTER_SECONDS[rotation.attempts]
        rotation.attempts += 1
        rotation.due = self._clock.now() + wait
        return f"failed at {step}; tried again in {wait} s"


def _invoke(secret: store.Secret, rotation: Rotation, step: str) -> str:
    function = secret["RotationLambdaARN"]
    if not invocation.service_may_invoke(function, SERVICE, rotation.arn):
        return NOT_INVOKABLE
    event = {
        "Step": step,
        "SecretId": rotation.arn,
        "ClientRequestToken": rotation.token,
        "RotationToken": rotation.rotation_token,
    }
    outcome = invocation.invoke(function, event)
    return outcome.error if outcome.failed else ""
