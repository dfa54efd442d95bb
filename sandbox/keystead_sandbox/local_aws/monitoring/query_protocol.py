"""CloudWatch's query protocol, which the official Terraform provider and older SDKs speak.

ministack knows a few members of an alarm in it, the JSON protocol all of them. A query is asked in JSON, and the answer
written as botocore's service model lays it out for the query protocol (AWS query protocol: lists of `member`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.loaders
from botocore.model import ServiceModel

from keystead_sandbox.local_aws.protocol.errors import JSON, Response
from keystead_sandbox.local_aws.protocol.operations import Wire, intercept
from keystead_sandbox.local_aws.protocol.times import iso

OPERATIONS = frozenset({"DescribeAlarms", "DescribeAlarmsForMetric", "PutCompositeAlarm", "PutMetricAlarm"})
TARGET = "GraniteServiceVersion20100801"


def install() -> None:
    """Answer queries about alarms in full."""
    intercept("monitoring", _answered)


async def _answered(wire: Wire, pass_on: Callable[[Wire], Any]) -> Response:
    if "Action" not in wire.parameters or wire.operation not in OPERATIONS:
        return await _passed(wire, pass_on)
    operation = _model().operation_model(wire.operation)
    given = {name: values[0] for name, values in wire.parameters.items()}
    asked = _structure(given, "", operation.input_shape)
    headers = {**wire.headers, "content-type": JSON, "x-amz-target": f"{TARGET}.{wire.operation}"}
    status, _, body = await _passed(replace(wire, headers=headers, body=json.dumps(asked).encode(), query={}), pass_on)
    if status != 200:  # refused in its own protocol, as it would have been
        return await _passed(wire, pass_on)
    shape, answer = operation.output_shape, ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{wire.operation}Result")
        answer = f"<{wrapper}>{_written(json.loads(body), shape)}</{wrapper}>"
    document = (
        f'<{wire.operation}Response xmlns="{_model().metadata["xmlNamespace"]}">{answer}</{wire.operation}Response>'
    )
    return 200, {"Content-Type": "text/xml"}, document.encode()


async def _passed(wire: Wire, pass_on: Callable[[Wire], Any]) -> Response:
    answer: Response = await pass_on(wire)
    return answer


@cache
def _model() -> Any:
    loaded = botocore.loaders.create_loader().load_service_model("cloudwatch", "service-2")
    return ServiceModel(loaded, "cloudwatch")


def _read(given: Mapping[str, str], prefix: str, shape: Any) -> Any:
    if shape.type_name == "structure":
        return _structure(given, f"{prefix}.", shape)
    if shape.type_name == "list":
        count = 1
        items = []
        while any(name == f"{prefix}.member.{count}" or name.startswith(f"{prefix}.member.{count}.") for name in given):
            items.append(_read(given, f"{prefix}.member.{count}", shape.member))
            count += 1
        return items
    text = given[prefix]
    if shape.type_name == "boolean":
        return text == "true"
    return {"integer": int, "long": int, "double": float, "float": float}.get(shape.type_name, str)(text)


def _structure(given: Mapping[str, str], prefix: str, shape: Any) -> dict[str, Any]:
    asked = {name.removeprefix(prefix).partition(".")[0] for name in given if name.startswith(prefix)}
    return {name: _read(given, f"{prefix}{name}", member) for name, member in shape.members.items() if name in asked}


def _written(value: Any, shape: Any) -> str:
    if shape.type_name == "structure":
        known = {name: value.get(name) for name in shape.members}
        parts = {name: _written(one, shape.members[name]) for name, one in known.items() if one is not None}
        return "".join(f"<{name}>{part}</{name}>" for name, part in parts.items())
    if shape.type_name == "list":
        return "".join(f"<member>{_written(one, shape.member)}</member>" for one in value)
    if shape.type_name == "timestamp":
        return iso(value)
    return str(value).lower() if shape.type_name == "boolean" else escape(str(value))
