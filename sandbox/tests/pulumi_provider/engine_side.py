"""The engine's side of the plugin's interface: what `pulumi` would ask, asked directly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import struct_pb2
from keystead_sandbox.pulumi_provider.wire import plain
from pulumi.runtime.proto import provider_pb2, status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub


class RefusedError(Exception):
    """The plugin refused a request; `partial` is what it says exists all the same."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.partial: tuple[str, dict[str, Any]] | None = None
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                detail = provider_pb2.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(detail)
                self.partial = (detail.id, plain(detail.properties))


@dataclass
class Made:
    """One resource as an engine remembers it."""

    type: str
    name: str
    id: str
    inputs: dict[str, Any]
    state: dict[str, Any]


@dataclass
class EngineSide:
    """One engine with one configured provider."""

    port: int
    stack: str
    settings: dict[str, Any] = field(default_factory=dict)
    configured: bool = True
    package: str = "aws"

    def __post_init__(self) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=options)
        self._stub = ResourceProviderStub(self._channel)
        if self.configured:
            self.configure(self.settings)

    def close(self) -> None:
        self._channel.close()

    def urn(self, type_name: str, name: str) -> str:
        return f"urn:pulumi:{self.stack}::keystead-test::{type_name}::{name}"

    def ask(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            raise RefusedError(error) from None

    def configure(self, settings: dict[str, Any]) -> None:
        urn = self.urn(f"pulumi:providers:{self.package}", "provider")
        self.ask("Configure", provider_pb2.ConfigureRequest(urn=urn, args=_struct(settings)))

    def check(
        self, type_name: str, name: str, news: dict[str, Any], olds: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        request = provider_pb2.CheckRequest(
            urn=self.urn(type_name, name), news=_struct(news), olds=_struct(olds or {}), randomSeed=b"seed"
        )
        answer = self.ask("Check", request)
        return plain(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def create(self, type_name: str, name: str, news: dict[str, Any]) -> Made:
        inputs, failures = self.check(type_name, name, news)
        assert not failures
        return self.create_checked(type_name, name, inputs)

    def create_checked(self, type_name: str, name: str, inputs: dict[str, Any]) -> Made:
        request = provider_pb2.CreateRequest(urn=self.urn(type_name, name), properties=_struct(inputs))
        answer = self.ask("Create", request)
        return Made(type_name, name, answer.id, inputs, plain(answer.properties))

    def preview(self, type_name: str, name: str, news: dict[str, Any]) -> dict[str, Any]:
        inputs, failures = self.check(type_name, name, news)
        assert not failures
        request = provider_pb2.CreateRequest(urn=self.urn(type_name, name), properties=_struct(inputs), preview=True)
        return plain(self.ask("Create", request).properties)

    def diff(self, made: Made, news: dict[str, Any], ignored: Sequence[str] = ()) -> Any:
        inputs, failures = self.check(made.type, made.name, news, made.inputs)
        assert not failures
        return self.ask(
            "Diff",
            provider_pb2.DiffRequest(
                urn=self.urn(made.type, made.name),
                id=made.id,
                olds=_struct(made.state),
                news=_struct(inputs),
                old_inputs=_struct(made.inputs),
                ignoreChanges=ignored,
            ),
        )

    def update(self, made: Made, news: dict[str, Any], ignored: Sequence[str] = (), *, preview: bool = False) -> Made:
        inputs, failures = self.check(made.type, made.name, news, made.inputs)
        assert not failures
        request = provider_pb2.UpdateRequest(
            urn=self.urn(made.type, made.name),
            id=made.id,
            olds=_struct(made.state),
            news=_struct(inputs),
            ignoreChanges=ignored,
            preview=preview,
        )
        state = plain(self.ask("Update", request).properties)
        return Made(made.type, made.name, made.id, inputs, state)

    def read(self, made: Made) -> Made:
        return self._read(made.type, made.name, made.id, made.inputs, made.state)

    def imported(self, type_name: str, name: str, resource_id: str) -> Made:
        return self._read(type_name, name, resource_id, {}, {})

    def _read(self, type_name: str, name: str, resource_id: str, inputs: dict[str, Any], state: dict[str, Any]) -> Made:
        request = provider_pb2.ReadRequest(
            urn=self.urn(type_name, name), id=resource_id, properties=_struct(state), inputs=_struct(inputs)
        )
        answer = self.ask("Read", request)
        return Made(type_name, name, answer.id, plain(answer.inputs), plain(answer.properties))

    def delete(self, made: Made) -> None:
        request = provider_pb2.DeleteRequest(
            urn=self.urn(made.type, made.name), id=made.id, properties=_struct(made.state)
        )
        self.ask("Delete", request)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        request = provider_pb2.InvokeRequest(tok=token, args=_struct(arguments))
        return plain(getattr(self.ask("Invoke", request), "return"))


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    result = struct_pb2.Struct()
    result.update(values)
    return result
