"""Multi-factor authentication in AssumeRole: SerialNumber and TokenCode of a virtual device the caller has enabled.

Source: IAM user guide, "Secure API access with MFA": with a device the trust policy sees aws:MultiFactorAuthPresent =
true, without one the key is absent; the session AssumeRole returns carries no MFA information. Codes follow RFC 6238
(SHA-1, 30 seconds, 6 digits) on real time, as authenticator apps make them.
"""

import base64
import hashlib
import hmac
import re
import secrets
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.protocol.errors import Response

STEP_SECONDS = 30
DRIFT_STEPS = 1

_SERIAL = re.compile(rb"<SerialNumber>(.*?)</SerialNumber>")
_SEED = re.compile(rb"<Base32StringSeed>.*?</Base32StringSeed>")


@dataclass(slots=True)
class Device:
    """A virtual device: the secret in its authenticator app, and the user it is enabled for."""

    seed: str = field(repr=False)
    user: str = ""


_devices: dict[str, Device] = {}


def observed(operation: str, fields: dict[str, Any], response: Response) -> Response:
    """The answer of an IAM operation on a virtual device, with a seed in base32; ministack's is hexadecimal."""
    status, headers, body = response
    serial = str(fields.get("SerialNumber"))
    if status != 200:
        return response
    if operation == "CreateVirtualMFADevice" and (created := _SERIAL.search(body)):
        seed = base64.b32encode(secrets.token_bytes(20))
        _devices[created[1].decode()] = Device(seed.decode())
        shown = b"<Base32StringSeed>" + base64.b64encode(seed) + b"</Base32StringSeed>"
        return status, headers, _SEED.sub(shown, body)
    if operation == "EnableMFADevice":
        _devices[serial].user = str(fields.get("UserName"))
    elif operation == "DeactivateMFADevice":
        _devices[serial].user = ""
    elif operation == "DeleteVirtualMFADevice":
        _devices.pop(serial, None)
    return response


def of_request(context: Any) -> dict[str, Any]:
    """The MFA keys a trust policy sees in the AssumeRole request being served; nothing unless its code is right."""
    request = requests.current()
    if request is None or "sts:rolesessionname" not in context.service_context:
        return {}
    device, code_given = _devices.get(request.fields.get("SerialNumber", "")), str(request.fields.get("TokenCode", ""))
    if device is None or not device.user or context.principal_arn.rpartition("/")[2] != device.user:
        return {}
    if not any(hmac.compare_digest(code_given, expected) for expected in _codes(device.seed)):
        return {}
    return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}


def _codes(seed: str) -> list[str]:
    step = int(time.time()) // STEP_SECONDS
    return [code(seed, step + drift) for drift in range(-DRIFT_STEPS, DRIFT_STEPS + 1)]


def code(seed: str, step: int) -> str:
    """The code of a device in the given step of 30 seconds since 1970."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
