"""Runs an environment's part on GCP against Pulumi's mocks and keeps what it asked for, in order."""

import asyncio
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from keystead.gcp.environment import GcpEnvironment
from keystead.gcp.provider import provider
from keystead.spec.loading import build
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS

from tests.components.mocked_engine import STASH, Transforms, event_loop

SHOP: dict[str, Any] = {
    "tier": "critical",
    "owners": ["payments", "security"],
    "gcp": {"project": "acme-prod", "number": "300000000003", "location": "us-east1", "replicas": ["us-west1"]},
    "restrictions": {"lease": {"expires": "2028-06-30"}},
    "keys": {
        "data": {"purpose": "secrets of the shop"},
        "tokens": {"use": "sign", "users": ["serviceAccount:storefront@acme-prod.iam.gserviceaccount.com"]},
        "webhooks": {"use": "mac"},
    },
    "secrets": {
        "db-password": {
            "purpose": "opens the database",
            "owner": "orders",
            "key": "data",
            "readers": {
                "api": {"restriction": "lease", "trust": ["group:api@acme.example"]},
                "worker": {},
            },
        },
        "card-key": {
            "purpose": "charges cards",
            "key": "data",
            "readers": {"api": {}},
            "rotation": {"rotator": "manual"},
        },
    },
    "alerts": {"emails": ["oncall@acme.example"]},
}
"""A small shop on GCP alone."""

PROJECT = {"number": "300000000003", "projectId": "acme-prod", "labels": {}}
"""The shop's project as the guard sees it."""


@dataclass(frozen=True)
class Resource:
    """One resource as the engine would have registered it."""

    type: str
    name: str
    inputs: dict[str, Any]
    urn: str
    needs: frozenset[str]
    """URNs of what had to be there first."""
    protect: bool
    kept: bool
    """Whether it stays in the cloud when it is deleted from the state."""
    ignored: tuple[str, ...]
    custom: bool
    goes_with: str
    """URN of the resource with which it is deleted, without a call of its own."""


class Recorder(Mocks):
    """Answers as the cloud would, in the shape of its names."""

    def __init__(self, project: dict[str, Any], stashed: Mapping[str, str]) -> None:
        self._project, self._stashed = project, stashed

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Name a resource."""
        outputs: dict[str, Any] = {"name": args.name, **args.inputs}
        path = f"projects/acme-prod/mock/{outputs['name']}"
        if args.typ == STASH:
            outputs["output"] = self._stashed.get(args.name, args.inputs["input"])
        if args.typ.endswith("serviceaccount/account:Account"):
            email = f"{args.inputs['accountId']}@acme-prod.iam.gserviceaccount.com"
            outputs |= {"email": email, "member": f"serviceAccount:{email}", "name": f"projects/-/{email}"}
        if args.typ.startswith("gcp:") and args.typ.endswith("function:Function"):
            outputs["serviceConfig"] = {**args.inputs["serviceConfig"], "uri": "https://rotator.mock.run.app"}
        if args.typ.endswith("cryptoKey:CryptoKey"):
            path = f"{args.inputs['keyRing']}/cryptoKeys/{args.inputs['name']}"
        if args.typ.endswith("keyRing:KeyRing"):
            path = f"projects/acme-prod/locations/{args.inputs['location']}/keyRings/{args.inputs['name']}"
        return path, outputs

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Describe the project; components make no other invoke."""
        assert args.token == "gcp:organizations/getProject:getProject"
        return {"id": args.args["projectId"], **self._project}, []


class Monitor(MockMonitor):
    """Keeps what the mocks themselves are not told: order, protection, dependencies."""

    def __init__(self, mocks: Mocks, registered: list[Resource]) -> None:
        super().__init__(mocks)
        self.registered = registered
        self.transforms = Transforms()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Record one registration."""
        ignored = self.transforms.ignored(request)
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        self.registered.append(
            Resource(
                request.type,
                request.name,
                dict(pulumi.runtime.rpc.deserialize_properties(request.object)),
                answer.urn,
                frozenset(request.dependencies),
                request.protect,
                request.retainOnDelete,
                tuple(ignored),
                request.custom,
                request.deletedWith,
            )
        )
        return answer


@dataclass(frozen=True)
class Provisioned:
    """Everything one environment asked for."""

    resources: list[Resource]
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Resource]:
        """The resources of a type by name, as `kms/cryptoKey:CryptoKey`."""
        return {one.name: one for one in self.resources if one.type == f"gcp:{kind}"}

    def grants(self, kind: str, member: str) -> set[tuple[str, str]]:
        """Roles of a member by resources of a type such as `projects/iAMMember:IAMMember`, with their conditions."""
        return {
            (one.inputs["role"], (one.inputs.get("condition") or {}).get("expression", ""))
            for one in self.of(kind).values()
            if one.inputs["member"] == member
        }

    def before(self, one: Resource) -> set[str]:
        """URNs of everything that had to be there before a resource, however far."""
        known = {resource.urn: resource for resource in self.resources}
        found: set[str] = set()
        waiting = list(one.needs)
        while waiting:
            urn = waiting.pop()
            if urn not in found:
                found.add(urn)
                waiting += known[urn].needs if urn in known else []
        return found


def provision(
    spec: dict[str, Any],
    *,
    environment: str = "prod",
    project: dict[str, Any] = PROJECT,
    registered: list[Resource] | None = None,
    stashed: Mapping[str, str] | None = None,
) -> Provisioned:
    """Provision the GCP part of a spec against mocks; `registered` gets what was asked for, up to a failure as well.

    `stashed` are values that earlier runs have left in stashes, by name. What is asked for alike is provisioned once.
    """
    asked = json.dumps([spec, environment, project, dict(stashed or {})])
    return _provisioned(asked) if registered is None else _provision(asked, registered)


@functools.cache
def _provisioned(asked: str) -> Provisioned:
    return _provision(asked, [])


def _provision(asked: str, registered: list[Resource]) -> Provisioned:
    spec, environment, project, stashed = json.loads(asked)
    built = build(environment, spec, {})
    mocks = Recorder(project, stashed)
    monitor = Monitor(mocks, registered)
    # The mocks take the thread's event loop, which newer Pythons no longer make by themselves.
    asyncio.set_event_loop(event_loop())
    pulumi.runtime.set_mocks(mocks, project="keystead", stack=environment, preview=False, monitor=monitor)
    SETTINGS.callbacks = monitor.transforms
    outputs: dict[str, Any] = {}

    def program() -> pulumi.Output[Any]:
        return GcpEnvironment(environment, built, provider(built.scope("gcp"))).outputs.apply(outputs.update)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    return Provisioned(monitor.registered, outputs)
