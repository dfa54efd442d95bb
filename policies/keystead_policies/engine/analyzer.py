"""Serves the rules to the Pulumi engine, through pulumi-policy.

The SDK's own analyzer converts a resource's properties once per policy, and a stack's once per stack policy. This one
converts them once, and only for types that a rule applies to; its answers to the engine are the same. It also reads
the stack from ConfigureStack, so that the level of a policy can depend on the environment.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import grpc
import pulumi_policy.policy as sdk  # type: ignore[import-not-found]
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    PolicyPack,
    ResourceValidationPolicy,
    StackValidationPolicy,
)

from keystead_policies.engine.evaluation import Evaluation, Finding
from keystead_policies.engine.resources.encoding import UNKNOWN_MARKS, properties
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import BY_TYPE, RULES, Level, Rule, types_in_stack
from keystead_policies.engine.settings import SettingsError, settings
from keystead_policies.engine.sources import from_environment, from_stack
from keystead_policies.version import VERSION

PACK = "keystead"

STACK_TYPES = types_in_stack()


def policy(rule: Rule) -> Policy:
    """Describe a rule to the engine; the dispatcher evaluates it, never this object."""
    described: dict[str, Any] = {
        "name": rule.id,
        "description": rule.description,
        "severity": sdk.Severity(rule.severity),
        "framework": PolicyComplianceFramework(
            name=rule.controls[0].framework.name,
            version=rule.controls[0].framework.version,
            reference=rule.controls[0].framework.link,
            specification=rule.controls[0].id,
        ),
        "tags": [control.key for control in rule.controls],
        "remediation_steps": rule.fix,
        "url": rule.link,
        "config_schema": PolicyConfigSchema({key: _schema(value) for key, value in rule.options.items()}),
    }
    if rule.stack_check is not None:
        return StackValidationPolicy(validate=lambda _args, _report: None, **described)
    remediate = {"remediate": lambda _args: None} if rule.repair else {}
    return ResourceValidationPolicy(validate=lambda _args, _report: None, **remediate, **described)


def _schema(default: object) -> dict[str, Any]:
    if isinstance(default, bool):
        return {"type": "boolean", "default": default}
    if isinstance(default, int):
        return {"type": "integer", "default": default}
    if isinstance(default, str):
        return {"type": "string", "default": default}
    return {"type": "array", "items": {"type": "string"}, "default": list(default)}  # type: ignore[call-overload]


class Dispatcher(sdk._PolicyAnalyzerServicer):  # type: ignore[misc]  # noqa: SLF001 - the SDK has no public seam here
    """The SDK's analyzer, with rules selected by the type of resource."""

    def __init__(self, name: str, version: str, policies: list[Policy], *more: Any) -> None:
        super().__init__(name, version, policies, *more)
        self._described = policies
        self._evaluation: Evaluation | None = None

    def _evaluate_for(self, stack: str, config: Mapping[str, str]) -> Evaluation:
        found = settings(stack, from_environment(), from_stack(config))
        self._evaluation = Evaluation(found, datetime.now(UTC).date())
        for described in self._described:
            described.enforcement_level = EnforcementLevel(self._evaluation.level(RULES[described.name]))
        return self._evaluation

    def _current(self) -> Evaluation:
        """The evaluation of this stack; an engine without ConfigureStack sets PULUMI_STACK instead."""
        return self._evaluation or self._evaluate_for(os.environ.get("PULUMI_STACK", ""), {})

    def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Read the stack and its configuration; the engine calls this before GetAnalyzerInfo."""
        try:
            self._evaluate_for(request.stack, request.config)
        except SettingsError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return super().ConfigureStack(request, context)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Return the policies, with their levels in this stack's environment."""
        self._current()
        return super().GetAnalyzerInfo(request, context)

    def Configure(self, request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Set level and options of each policy, from `--policy-pack-config` and the defaults."""
        current = self._current()
        self._evaluation = Evaluation(
            current.settings,
            current.today,
            levels={name: _level(entry.enforcementLevel) for name, entry in request.policyConfig.items()},
            options={name: _values(entry.properties) for name, entry in request.policyConfig.items()},
        )
        return empty_pb2.Empty()

    def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Evaluate the rules over one resource."""
        if request.type not in BY_TYPE:
            return messages.AnalyzeResponse()
        return _response(context, lambda: self._current().of_resource(_resource(request)))

    def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Evaluate the rules over all resources of the stack."""
        resources = [_stack_resource(each) for each in request.resources]
        return _response(context, lambda: self._current().of_stack(resources))

    def Remediate(self, request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Set the properties that rules at level `remediate` repair; all others stay as they are, secret or unknown."""
        response = messages.RemediateResponse()
        if request.type in self._current().repairing:
            for rule, changes in self._current().repairs(_resource(request)):
                _apply(request.properties, changes)
                response.remediations.add(
                    policyName=rule.id,
                    policyPackName=PACK,
                    policyPackVersion=VERSION,
                    description=rule.description,
                    properties=request.properties,
                )
        return response


def serve() -> None:
    """Serve the rules until the engine ends this process."""
    sdk._PolicyAnalyzerServicer = Dispatcher  # noqa: SLF001 - as above
    PolicyPack(
        PACK,
        [policy(rule) for rule in RULES.values()],
        EnforcementLevel.ADVISORY,
        description="Keys and secrets on AWS and GCP: rotation, access, isolation, audit, and no values in code",
        display_name="Keystead",
        tags=["secrets", "keys"],
    )


def _response(context: Any, evaluate: Callable[[], list[Finding]]) -> Any:
    try:
        return messages.AnalyzeResponse(diagnostics=[_diagnostic(finding) for finding in evaluate()])
    except SettingsError as error:
        context.abort(grpc.StatusCode.INTERNAL, str(error))


def _diagnostic(finding: Finding) -> Any:
    return messages.AnalyzeDiagnostic(
        policyName=finding.rule.id,
        policyPackName=PACK,
        policyPackVersion=VERSION,
        description=finding.rule.description,
        message=finding.message,
        urn=finding.resource.urn,
        enforcementLevel=messages.EnforcementLevel.Value(finding.level.name),
        severity=messages.PolicySeverity.Value(f"POLICY_SEVERITY_{finding.rule.severity.name}"),
    )


def _resource(request: Any, references: Mapping[str, frozenset[str]] | None = None) -> Resource:
    return Resource(
        type=request.type,
        name=request.name,
        urn=request.urn,
        properties=_values(request.properties),
        provider=_provider(request.provider.properties.SerializeToString()),
        protected=request.options.protect,
        managed=bool(request.provider.type),
        references=references or {},
    )


def _stack_resource(request: Any) -> Resource:
    """Read a resource for rules over the stack; of a type that they do not read, without properties."""
    if request.type not in STACK_TYPES:
        return Resource(request.type, request.name, request.urn, managed=bool(request.provider.type))
    return _resource(request, _references(request))


def _references(request: Any) -> dict[str, frozenset[str]]:
    """Return what each property depends on.

    A transform that returns properties loses what the unknown ones depend on; the resource as a whole still has it.
    """
    found = {key: frozenset(used.urns) for key, used in request.propertyDependencies.items()}
    for key, value in request.properties.fields.items():
        if value.string_value in UNKNOWN_MARKS and not found.get(key):
            found[key] = frozenset(request.dependencies)
    return found


@lru_cache(maxsize=64)
def _provider(encoded: bytes) -> Values:
    """Read the properties of a provider, which the engine sends with each of its resources."""
    return _values(struct_pb2.Struct.FromString(encoded))


def _values(struct: Any) -> Values:
    return properties({key: _plain(value) for key, value in struct.fields.items()})


def _plain(value: Any) -> Any:
    """Read one value; json_format takes four times as long."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {key: _plain(entry) for key, entry in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_plain(entry) for entry in value.list_value.values]
    return None if kind in {None, "null_value"} else getattr(value, kind)


def _level(value: int) -> Level:
    return Level(messages.EnforcementLevel.Name(value).lower())


def _apply(struct: Any, changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and struct.fields[key].WhichOneof("kind") == "struct_value":
            _apply(struct[key], value)
        else:
            struct[key] = value
