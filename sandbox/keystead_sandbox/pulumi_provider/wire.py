"""Between the engine's protobuf structs and plain Python values.

Assets and archives stay as the engine writes them, with their hashes: the SDK's own conversion drops the hashes.
"""

from typing import Any

from google.protobuf import struct_pb2

# The signatures of pulumi/sdk/go/common/resource/sig/sig.go; importing the SDK for them takes half a second.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark on the wire, the same for every secret
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Turn a struct into a dict; whole doubles become integers."""
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = plain(value.struct_value)
        return fields["value"] if fields.get(SIGNATURE) == SECRET else fields
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return getattr(value, kind) if kind and kind != "null_value" else None


def struct(values: dict[str, Any], sensitive: frozenset[str] = frozenset()) -> struct_pb2.Struct:
    """Turn a dict into a struct; what is `sensitive` is marked as secret, so that the engine encrypts it."""
    result = struct_pb2.Struct()
    shown = {key: value for key, value in values.items() if value is not None}
    result.update(
        {key: {SIGNATURE: SECRET, "value": item} if key in sensitive else item for key, item in shown.items()}
    )
    return result
