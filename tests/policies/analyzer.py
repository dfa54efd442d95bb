"""The pack as the engine talks to it: a process of its own interpreter, over the analyzer's gRPC interface."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi.runtime.proto import analyzer_pb2_grpc as services

from tests.policies.programs import Declared

PACK = Path(__file__).parents[2] / "policies"
PYTHON = PACK / ".venv" / "bin" / "python"
SECONDS = 30


@dataclass(frozen=True)
class Diagnostic:
    """What the engine is told of one finding."""

    rule: str
    level: str
    severity: str
    message: str
    urn: str


class Analyzer:
    """One running pack; each check configures it anew, as each `pulumi up` would."""

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = services.AnalyzerStub(self._channel)

    def configure(
        self,
        stack: str = "prod",
        settings: Mapping[str, Any] | None = None,
        config: Mapping[str, Mapping[str, Any]] | None = None,
        spec: str = "",
    ) -> Any:
        """Tell the stack and the policies' configuration in the engine's order; return what the pack tells."""
        given = {"keystead-policies:settings": json.dumps(settings)} if settings else {}
        given |= {"keystead:environment": spec} if spec else {}
        request = messages.AnalyzerStackConfigureRequest(stack=stack, project="shop", config=given)
        self._stub.ConfigureStack(request, timeout=SECONDS)
        info = self._stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=SECONDS)
        policies = {}
        for policy in info.policies:
            own = dict((config or {}).get(policy.name, {}))
            level = own.pop("enforcementLevel", messages.EnforcementLevel.Name(policy.enforcementLevel).lower())
            policies[policy.name] = messages.PolicyConfig(
                enforcementLevel=messages.EnforcementLevel.Value(level.upper()), properties=_struct(own)
            )
        self._stub.Configure(messages.ConfigureAnalyzerRequest(policyConfig=policies), timeout=SECONDS)
        return info

    def judge(self, resources: list[Declared]) -> list[Diagnostic]:
        """Send each resource, then all of them, as the engine does."""
        found: list[Any] = []
        for each in resources:
            request = messages.AnalyzeRequest(**_common(each))
            found += self._stub.Analyze(request, timeout=SECONDS).diagnostics
        everything = [messages.AnalyzerResource(**_common(each, outputs=True)) for each in resources]
        request = messages.AnalyzeStackRequest(resources=everything)
        found += self._stub.AnalyzeStack(request, timeout=SECONDS).diagnostics
        return [_diagnostic(each) for each in found]

    def remediate(self, resource: Declared) -> list[Any]:
        """Let the pack repair a resource."""
        return list(self._stub.Remediate(messages.AnalyzeRequest(**_common(resource)), timeout=SECONDS).remediations)

    def close(self) -> None:
        self._channel.close()


def _common(resource: Declared, *, outputs: bool = False) -> dict[str, Any]:
    provider = messages.AnalyzerProviderResource(
        type=f"pulumi:providers:{resource.type.split(':', 1)[0]}", properties=_struct(resource.provider)
    )
    identity = {"id": resource.identity} if outputs and resource.identity else {}
    return {
        "type": resource.type,
        "name": resource.name,
        "urn": resource.urn,
        "properties": _struct({**resource.properties, **identity}),
        "options": messages.AnalyzerResourceOptions(protect=resource.protect),
        "provider": provider,
    }


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update(values)
    return found


def _diagnostic(told: Any) -> Diagnostic:
    return Diagnostic(
        rule=told.policyName,
        level=messages.EnforcementLevel.Name(told.enforcementLevel).lower(),
        severity=messages.PolicySeverity.Name(told.severity).removeprefix("POLICY_SEVERITY_").lower(),
        message=told.message,
        urn=told.urn,
    )


@contextmanager
def running(
    environment: Mapping[str, str] | None = None, python: Path = PYTHON, pack: Path = PACK
) -> Iterator[Analyzer]:
    """Start a pack as the engine's language host does, and end it."""
    assert python.exists(), f"{python} is missing: `make install` installs the pack's own dependencies"
    command = [str(python), "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(pack)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(environment or {}), text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline()
            assert port.strip().isdigit(), f"the pack did not start: {port!r}"
            analyzer = Analyzer(int(port))
            yield analyzer
            analyzer.close()
        finally:
            process.kill()
