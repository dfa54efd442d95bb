"""Operations that are answered here: a service's whole table, or some of them before ministack's own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response

Fields = dict[str, Any]
Operation = Callable[[Fields], Response]
Check = Callable[[Fields], None]


@dataclass(frozen=True, slots=True)
class Wire:
    """A request to a service as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]

    @property
    def operation(self) -> str:
        """The operation's name; empty where method and path say it."""
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        in_path = self.path.partition("/operation/")[2].partition("/")[0]
        return target or in_path or str(self.fields.get("Action", ""))

    @property
    def fields(self) -> Fields:
        """Its JSON members, or the parameters of a query-protocol call, blank ones too."""
        if not self.body.startswith(b"{"):
            return {name: values[0] for name, values in self.parameters.items()}
        try:
            return dict(json.loads(self.body))
        except ValueError:
            return {}

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The parameters of a query-protocol call."""
        form = self.body.decode("utf-8", "replace") if "form" in self.headers.get("content-type", "") else ""
        return {**self.query, **parse_qs(form, keep_blank_values=True)}


Handler = Callable[[Wire, Callable[[Wire], Any]], Any]
"""Answers a request, or passes it on to what it is given; both are awaited."""


def intercept(service: str, handler: Handler) -> None:
    """Let `handler` see every request to a service before ministack's own code."""
    handlers = ministack.get("app", "SERVICE_HANDLERS")
    known = handlers[service]

    async def pass_on(wire: Wire) -> Any:
        return await known(wire.method, wire.path, wire.headers, wire.body, wire.query)

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        try:
            return await handler(Wire(method, path, headers, body, query), pass_on)
        except AwsError as error:
            return error.response(headers)

    handlers[service] = handle


def answer_operations(service: str, operations: Mapping[str, Operation], *, whole: bool = False) -> None:
    """Answer these operations of a JSON-protocol service here; with `whole`, ministack answers none."""

    async def handle(wire: Wire, pass_on: Callable[[Wire], Any]) -> Any:
        operation = operations.get(wire.operation)
        if operation is not None:
            return operation(wire.fields)
        if whole:
            raise AwsError("UnknownOperationException", f"The sandbox does not have the operation {wire.operation}.")
        return await pass_on(wire)

    intercept(service, handle)


def check_operations(service: str, checks: Mapping[str, Check]) -> None:
    """Check these operations of a service before ministack answers them; a check refuses with an AwsError."""

    async def handle(wire: Wire, pass_on: Callable[[Wire], Any]) -> Any:
        check = checks.get(wire.operation)
        if check is not None:
            check(wire.fields)
        return await pass_on(wire)

    intercept(service, handle)
