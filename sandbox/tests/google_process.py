"""Google's clients in a process of their own: `python google_process.py` answers calls, one JSON document per line."""

import base64
import datetime as dt
import functools
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import proto  # type: ignore[import-untyped]
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import Credentials
from google.cloud import kms_v1, secretmanager_v1
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceRestTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceRestTransport
from google.cloud.secretmanager_v1.types import Secret
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

CLIENTS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "secretmanager": (secretmanager_v1.SecretManagerServiceClient, SecretManagerServiceRestTransport),
    "cloudkms": (kms_v1.KeyManagementServiceClient, KeyManagementServiceRestTransport),
}
ENUMS: dict[str, Any] = {
    "CryptoKeyPurpose": kms_v1.CryptoKey.CryptoKeyPurpose,
    "CryptoKeyVersionState": kms_v1.CryptoKeyVersion.CryptoKeyVersionState,
    "CryptoKeyVersionAlgorithm": kms_v1.CryptoKeyVersion.CryptoKeyVersionAlgorithm,
    "SecretType": Secret.SecretType,
}


class Token(Credentials):
    """Credentials that are one token."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token

    def refresh(self, request: object) -> None:
        """A sandbox token lives as long as the test."""


@functools.cache
def client(service: str, endpoint: str, token: str, authority: str) -> Any:
    """A client of one service for one caller; without an authority it speaks plain HTTP."""
    made, transported = CLIENTS[service]
    scheme, _, host = endpoint.rstrip("/").partition("://")
    transport = transported(host=host, credentials=Token(token), url_scheme=scheme)
    transport._session.verify = authority or True
    transport._session.trust_env = False  # a CA bundle in the environment would be taken instead
    return made(transport=transport)


@functools.singledispatch
def plain(value: Any) -> Any:
    """What JSON can hold: enums by name, seconds for durations, bytes as `{"base64": ...}`."""
    return value


@plain.register
def _(value: proto.Message) -> Any:
    return {name: plain(getattr(value, name)) for name in type(value).meta.fields}


@plain.register
def _(value: Message) -> Any:
    return MessageToDict(value)


@plain.register
def _(value: proto.Enum) -> Any:
    return value.name


@plain.register
def _(value: bytes) -> Any:
    return {"base64": base64.b64encode(value).decode()}


@plain.register
def _(value: dt.timedelta) -> Any:
    return value.total_seconds()


@plain.register
def _(value: dt.datetime) -> Any:
    return value.isoformat()


@plain.register(Mapping)
def _(value: Mapping[str, Any]) -> Any:
    return {key: plain(one) for key, one in value.items()}


@plain.register
def _(value: str) -> Any:
    return value


@plain.register(Sequence)
def _(value: Sequence[Any]) -> Any:
    return [plain(one) for one in value]


def given(document: dict[str, Any]) -> Any:
    """Bytes for `{"base64": ...}`."""
    return base64.b64decode(document["base64"]) if set(document) == {"base64"} else document


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The result of a call, or the error that Google's client raised."""
    if enum := asked.get("enum"):
        return {"result": {one.name: int(one) for one in ENUMS[enum]}}
    called = getattr(client(*asked["client"]), asked["method"])
    try:
        return {"result": plain(called(**asked["arguments"]))}
    except GoogleAPICallError as error:
        return {"error": type(error).__name__, "message": str(error), "reason": error.reason}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line, object_hook=given))), flush=True)
