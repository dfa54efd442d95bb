"""Runs an environment's components on AWS against Pulumi's mocks and keeps what they asked for."""

import asyncio
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from keystead.aws.environment import AwsEnvironment
from keystead.aws.provider import provider
from keystead.spec.loading import build, load
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS

from tests.components.mocked_engine import STASH, Transforms, event_loop

STACKS = Path(__file__).parents[3] / "stacks"
CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
"""The function that a provider is asked before the first resource."""


@dataclass(frozen=True)
class Resource:
    """One resource as the engine would have registered it."""

    type: str
    name: str
    inputs: dict[str, Any]
    provider: str
    custom: bool

    def document(self, property_name: str = "policy") -> dict[str, Any]:
        """The policy document in one of the inputs."""
        loaded: dict[str, Any] = json.loads(self.inputs[property_name])
        return loaded

    def statement(self, sid: str, property_name: str = "policy") -> dict[str, Any]:
        """The one statement of a policy document with this Sid."""
        found = [one for one in self.document(property_name)["Statement"] if one["Sid"] == sid]
        assert len(found) == 1, f"{sid} is not in {self.document(property_name)}"
        return dict(found[0])


class Recorder(Mocks):
    """Answers as the cloud would, in the shape of its identifiers."""

    def __init__(self, stashed: Mapping[str, str]) -> None:
        self.resources: list[Resource] = []
        self._stashed = stashed

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Record one registration."""
        self.resources.append(Resource(args.typ, args.name, args.inputs, args.provider or "", bool(args.custom)))
        kind = args.typ.rpartition(":")[2]
        outputs = {
            "arn": f"arn:aws:mock:::{kind}/{args.name}",
            "keyId": f"id-of-{args.name}",
            "url": f"https://mock/{args.name}",
        }
        if args.typ == STASH:
            outputs["output"] = self._stashed.get(args.name, args.inputs["input"])
        return f"id-of-{args.name}", {**outputs, **args.inputs}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Take the credentials for the account's own; components make no other invoke."""
        assert args.token == CALLER
        return {}, []


@dataclass(frozen=True)
class Provisioned:
    """Everything one environment asked for."""

    resources: list[Resource]
    ignored: Mapping[tuple[str, str], list[str]]
    """What a resource ignores, by type and name."""

    def of(self, kind: str) -> dict[str, Resource]:
        """The resources of a type by name, as `kms/key:Key`."""
        return {one.name: one for one in self.resources if one.type == f"aws:{kind}"}


class Monitor(MockMonitor):
    """Keeps what the mocks themselves are not told: which changes a resource ignores."""

    def __init__(self, recorder: "Recorder") -> None:
        super().__init__(recorder)
        self.transforms = Transforms()
        self.ignored: dict[tuple[str, str], list[str]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Record one registration."""
        self.ignored[request.type, request.name] = self.transforms.ignored(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def provision(
    environment: str, overlay: dict[str, Any] | None = None, stashed: Mapping[str, str] | None = None
) -> Provisioned:
    """Provision one of the example environments, or the given spec alone, against mocks; each once for all tests.

    `stashed` are values that earlier runs have left in stashes, by name.
    """
    return _provisioned(environment, None if overlay is None else json.dumps(overlay), json.dumps(dict(stashed or {})))


@functools.cache
def _provisioned(environment: str, overlay: str | None, stashed: str) -> Provisioned:
    spec = load(environment, STACKS) if overlay is None else build(environment, json.loads(overlay), {})
    recorder = Recorder(json.loads(stashed))
    monitor = Monitor(recorder)
    # The mocks take the thread's event loop, which newer Pythons no longer make by themselves.
    asyncio.set_event_loop(event_loop())
    pulumi.runtime.set_mocks(recorder, project="keystead", stack=environment, preview=False, monitor=monitor)
    SETTINGS.callbacks = monitor.transforms
    program = pulumi.runtime.test(lambda: AwsEnvironment(environment, spec, provider(spec.scope("aws"))).outputs)  # type: ignore[no-untyped-call]
    program()
    return Provisioned(recorder.resources, monitor.ignored)
