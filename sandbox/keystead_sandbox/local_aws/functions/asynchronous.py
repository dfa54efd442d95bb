"""Asynchronous Lambda invocations: tried three times, then to the dead-letter queue and the on-failure destination.

Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation" and "Adding a
dead-letter queue". AWS waits one and two minutes between attempts; here it is 1 and 2 seconds of the account's time.
A dead-letter queue receives the event itself with RequestID, ErrorCode and ErrorMessage as attributes; a destination
receives a record around it. Both are sent with the function's own role.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_aws.functions.invocation import Outcome, invoke
from keystead_sandbox.local_aws.identity.service_roles import role_may
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol import messages
from keystead_sandbox.local_aws.protocol.in_process import account_of, function, region_of, within

DEFAULT_RETRIES = 2


@dataclass(slots=True)
class Invocation:
    """One event on its way to a function."""

    arn: str
    event: Any
    due: float
    attempts: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def name(self) -> str:
        """The function's name."""
        return self.arn.split(":")[6]


class Invocations:
    """The events waiting for their function."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, Invocation] = {}
        self.wake: Callable[[], None] = lambda: None

    def add(self, arn: str, event: Any) -> None:
        """Take an event for a function."""
        invocation = Invocation(arn, event, self._clock.now())
        self._waiting[invocation.request_id] = invocation
        self.wake()

    def due(self, span: Span) -> Iterator[Due]:
        """Events and retries that fall due."""
        for invocation in list(self._waiting.values()):
            if invocation.due <= span.until:
                run = partial(self._attempt, invocation)
                yield Due(invocation.due, "invocation", invocation.name, run, invocation.request_id)

    def _attempt(self, invocation: Invocation) -> str:
        with within(account_of(invocation.arn), region_of(invocation.arn)):
            return self._attempted(invocation)

    def _attempted(self, invocation: Invocation) -> str:
        settings = function("event-invoke-config", invocation.arn, version="2019-09-25")
        retries = int(settings.get("MaximumRetryAttempts", DEFAULT_RETRIES))
        outcome = invoke(invocation.arn, invocation.event)
        invocation.attempts += 1
        if not outcome.failed:
            del self._waiting[invocation.request_id]
            return "succeeded"
        if invocation.attempts <= retries:
            wait = 2 ** (invocation.attempts - 1)
            invocation.due = self._clock.now() + wait
            return f"failed; tried again in {wait} s"
        del self._waiting[invocation.request_id]
        return f"failed {invocation.attempts} times; " + self._give_up(invocation, outcome, settings)

    def _give_up(self, invocation: Invocation, outcome: Outcome, settings: dict[str, Any]) -> str:
        configuration = function("configuration", invocation.arn)
        queue = (configuration.get("DeadLetterConfig") or {}).get("TargetArn")
        destination = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        delivered = []
        if queue:
            event = json.dumps(invocation.event)
            details = {"RequestID": invocation.request_id, "ErrorCode": "200", "ErrorMessage": outcome.error[:1024]}
            delivered.append("dead-letter queue: " + _deliver(configuration["Role"], queue, event, details))
        if destination:
            record = json.dumps(self._record(invocation, outcome))
            delivered.append("destination: " + _deliver(configuration["Role"], destination, record, {}))
        return ", ".join(delivered) or "event dropped"

    def _record(self, invocation: Invocation, outcome: Outcome) -> dict[str, Any]:
        timestamp = datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="milliseconds")
        return {
            "version": "1.0",
            "timestamp": timestamp.replace("+00:00", "Z"),
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": f"{invocation.arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": invocation.attempts,
            },
            "requestPayload": invocation.event,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": outcome.body,
        }


def install(clock: Clock) -> Invocations:
    """Take ministack's asynchronous invocations over."""
    invocations = Invocations(clock)

    def add(record: Any, event: Any) -> None:
        invocations.add((record.get("config") or record)["FunctionArn"], event)

    ministack.replace("services.lambda_svc", "invoke_async_with_retry", add)
    return invocations


def _deliver(role: str, target: str, body: str, attributes: dict[str, str]) -> str:
    service = target.split(":")[2]
    action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}.get(service)
    if action is None:
        return f"{target} is not a queue or topic"
    if not role_may(role, action, target):
        return f"{role} may not {action} on {target}"
    error = messages.send(target, body, attributes) if service == "sqs" else messages.publish(target, body, "")
    return error or "delivered"
