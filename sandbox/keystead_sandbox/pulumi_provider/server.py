"""The plugin's gRPC service: the engine's requests, handed to the plugin of one cloud.

One process serves several engines at once. It answers `Attach`, which the Pulumi SDK's own servicer lacks, and ignores
`Cancel`: one engine's interrupt must not stop another's work.
"""

# ruff: noqa: ARG002, N802 - the methods have the service's own names and arguments
import functools
import logging
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2, status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server

from keystead_sandbox.common.registry import RegistryError
from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.errors import PartialError, ProviderError
from keystead_sandbox.pulumi_provider.ignoring import kept
from keystead_sandbox.pulumi_provider.journal import Journal
from keystead_sandbox.pulumi_provider.lifecycle import Life
from keystead_sandbox.pulumi_provider.plugin import Plugin, Request
from keystead_sandbox.pulumi_provider.urns import name_of, type_of
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN
from keystead_sandbox.pulumi_provider.wire import plain, struct

logger = logging.getLogger(__name__)

THREADS = 24
"""Requests served at once; each waits for its cloud most of its time."""
_MESSAGE = 400 * 1024 * 1024  # bytes; what the engine itself accepts
_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def _answering(work: Callable[["Provider", Any, Any], Any]) -> Callable[["Provider", Any, Any], Any]:
    """Answer with an error that names the resource where the work fails."""

    @functools.wraps(work)
    def answer(provider: "Provider", request: Any, context: Any) -> Any:
        provider.last_request = time.monotonic()
        urn = getattr(request, "urn", "")
        subject = f"{type_of(urn)} {name_of(urn)!r}: " if urn else ""
        try:
            return work(provider, request, context)
        except PartialError as error:
            _abort(context, grpc.StatusCode.UNKNOWN, f"{subject}{error}", error)
        except (ProviderError, RegistryError) as error:
            _abort(context, grpc.StatusCode.UNKNOWN, f"{subject}{error}")
        except Exception as error:  # noqa: BLE001 - an unforeseen error's text may hold a property's value
            places = "".join(traceback.format_tb(error.__traceback__))
            logger.error("%s%s\n%s", subject, type(error).__name__, places)
            message = f"{subject}the sandbox's provider failed ({type(error).__name__}); its log says where"
            _abort(context, grpc.StatusCode.INTERNAL, message)
        return None

    return answer


class Provider(ResourceProviderServicer):
    """Answers the engine; every failure names the resource and says what the cloud said."""

    def __init__(self, plugin: Plugin[Any, Any], journal: Journal) -> None:
        self._plugin, self._journal = plugin, journal
        self.last_request = time.monotonic()

    def Handshake(self, request: Any, context: Any) -> Any:
        """Take plain values: the engine keeps track of secrets and outputs."""
        return proto.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        """Let an engine attach."""
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        """Go on: other engines are served by the same process."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Tell which official version this stands in for."""
        return proto.PluginInfo(version=self._plugin.cloud.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        """Show an empty schema: programs use the official SDK."""
        return proto.GetSchemaResponse(schema="{}")

    @_answering
    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Refuse a provider setting that the official provider does not have."""
        news = plain(request.news)
        return _checked(news, self._plugin.cloud.settings.check(news))

    @_answering
    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Compare two configurations; no change of them replaces resources by itself."""
        olds, news = plain(request.olds), plain(request.news)
        changed = [name for name in sorted({*olds, *news}) if olds.get(name) != news.get(name)]
        return _difference([Difference(name) for name in changed], first=False)

    @_answering
    def Configure(self, request: Any, context: Any) -> Any:
        """Open the session of this connection."""
        settings = plain(request.args)
        if UNKNOWN not in settings.values():
            self._plugin.configure(context.peer(), request.urn, settings)
        return proto.ConfigureResponse(supportsPreview=True)

    @_answering
    def Invoke(self, request: Any, context: Any) -> Any:
        """Answer a function."""
        found = self._plugin.invoke(context.peer(), request.tok, plain(request.args))
        return proto.InvokeResponse(**{"return": struct(found)})

    @_answering
    def Check(self, request: Any, context: Any) -> Any:
        """Check a resource's inputs."""
        inputs, failures = self._plugin.check(request.urn, plain(request.news), plain(request.olds), request.randomSeed)
        return _checked(inputs, failures)

    @_answering
    def Diff(self, request: Any, context: Any) -> Any:
        """Compare a resource's state with its inputs."""
        self._journal.recorded(request.urn, request.id)
        life = self._find(request, context, plain(request.news), plain(request.olds))
        changed, first = life.compare()
        return _difference(_remaining(changed, request), first=first)

    @_answering
    def Create(self, request: Any, context: Any) -> Any:
        """Create a resource, or take up one that an interrupted run created."""
        life = self._find(request, context, plain(request.properties), {})
        sensitive = life.resource.sensitive
        if request.preview:
            return proto.CreateResponse(properties=struct(life.preview(), sensitive))
        resource_id, state = life.create(self._journal, request.urn, context.is_active)
        return proto.CreateResponse(id=resource_id, properties=struct(state, sensitive))

    @_answering
    def Read(self, request: Any, context: Any) -> Any:
        """Read a resource back; nothing when it is gone."""
        self._journal.recorded(request.urn, request.id)
        life = self._find(request, context, plain(request.inputs), plain(request.properties))
        resource_id, state, inputs = life.read()
        sensitive = life.resource.sensitive
        return proto.ReadResponse(id=resource_id, properties=struct(state, sensitive), inputs=struct(inputs))

    @_answering
    def Update(self, request: Any, context: Any) -> Any:
        """Update a resource in place."""
        self._journal.recorded(request.urn, request.id)
        life = self._find(request, context, plain(request.news), plain(request.olds))
        sensitive = life.resource.sensitive
        if request.preview:
            return proto.UpdateResponse(properties=struct(life.preview(), sensitive))
        _, state = life.update(_remaining(life.compare()[0], request))
        return proto.UpdateResponse(properties=struct(state, sensitive))

    @_answering
    def Delete(self, request: Any, context: Any) -> Any:
        """Delete a resource."""
        life = self._find(request, context, {}, plain(request.properties))
        life.delete()
        self._journal.recorded(request.urn, request.id)
        return empty_pb2.Empty()

    def _find(self, request: Any, context: Any, inputs: dict[str, Any], state: dict[str, Any]) -> Life[Any, Any]:
        declared = kept(inputs, state, getattr(request, "ignoreChanges", ()))
        return self._plugin.find(
            Request(context.peer(), request.urn, getattr(request, "id", ""), inputs=declared, state=state)
        )


def _checked(inputs: dict[str, Any], failures: list[tuple[str, str]]) -> Any:
    found = [proto.CheckFailure(property=name, reason=f"{name}: {reason}") for name, reason in failures]
    return proto.CheckResponse(inputs=struct(inputs), failures=found)


def _remaining(changed: list[Difference], request: Any) -> list[Difference]:
    """Leave out ignored properties that are no inputs, such as all tags with the provider's own."""
    return [change for change in changed if change.property not in request.ignoreChanges]


def _difference(changed: list[Difference], *, first: bool) -> Any:
    details = {
        change.property: proto.PropertyDiff(kind=_KINDS[change.kind, change.replace], inputDiff=False)
        for change in changed
    }
    return proto.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=[change.property for change in changed if change.replace],
        diffs=[change.property for change in changed],
        detailedDiff=details,
        hasDetailedDiff=True,
        deleteBeforeReplace=first,
    )


def _abort(context: Any, code: Any, message: str, partial: PartialError | None = None) -> None:
    """End a request with an error; a partial one carries what exists, so that the engine records it."""
    if partial is not None:
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=partial.resource_id, properties=struct(partial.state), reasons=[message]
            )
        )
        status = status_pb2.Status(code=code.value[0], message=message, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)


def serve(provider: Provider) -> tuple[grpc.Server, int]:
    """Start serving on a free loopback port; return the server and its port."""
    options = [("grpc.max_receive_message_length", _MESSAGE), ("grpc.max_send_message_length", _MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(THREADS, thread_name_prefix="request"), options=options)
    add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
