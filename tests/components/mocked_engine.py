"""What Pulumi's mocks lack of an engine: one event loop for all runs, calls of transforms, and hooks."""

import asyncio
import atexit
import functools
from collections.abc import Awaitable
from typing import Any

import pulumi
from pulumi.runtime.proto import callback_pb2

STASH = "pulumi:index:Stash"


@functools.cache
def event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of all runs against mocks: they take the thread's, which newer Pythons do not make."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


class Transforms:
    """Stands in for the server through which an engine calls transforms, which the mocks lack."""

    def __init__(self) -> None:
        self._known: dict[str, pulumi.ResourceTransform] = {}

    def register_transform(self, transform: pulumi.ResourceTransform) -> callback_pb2.Callback:
        """Take a transform."""
        token = str(len(self._known))
        self._known[token] = transform
        return callback_pb2.Callback(token=token)

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        """Take a hook; the mocks make nothing that could call it."""

    def register_error_hook(self, hook: pulumi.ErrorHook) -> None:
        """Take a hook; nothing fails against mocks."""

    def ignored(self, request: Any) -> list[str]:
        """Return what a resource ignores once its transforms have been called."""
        options = pulumi.ResourceOptions(ignore_changes=list(request.ignoreChanges))
        for callback in request.transforms:
            props = dict(pulumi.runtime.rpc.deserialize_properties(request.object))
            given = pulumi.ResourceTransformArgs(request.custom, request.type, request.name, props, options)
            future = asyncio.run_coroutine_threadsafe(self._call(callback.token, given), event_loop())
            options = future.result(60) or options
        return list(options.ignore_changes or [])

    async def _call(self, token: str, given: pulumi.ResourceTransformArgs) -> pulumi.ResourceOptions | None:
        answer = self._known[token](given)
        result = await answer if isinstance(answer, Awaitable) else answer
        return result.opts if result else None
