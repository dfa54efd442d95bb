"""Multi-factor authentication in AssumeRole: SerialNumber and TokenCode of a virtual device the caller has enabled.

Source: IAM user guide, "Secure API access with MFA": with a device the trust policy sees aws:MultiFactorAuthPresent =
true, without one the key is absent; the session AssumeRole returns carries no MFA information. Codes follow RFC 6238
(SHA-1, 30 seconds, 6 digits) on real time, as authenticator apps make them.
"""

import base64
import hashlib
import hmac
import secrets
import struct
import time
from typing import Any

from keystead_sandbox.local_aws.identity import requests
from keystead_sandbox.local_aws.patches import ministack

STEP_SECONDS = 30
DRIFT_STEPS = 1


def install() -> None:
    """Give virtual devices a seed that is base32, as authenticator apps need it; ministack's is hexadecimal."""
    handlers, name = ministack.original(ministack.module("services.iam"), "_IAM_HANDLERS"), "CreateVirtualMFADevice"
    handlers[name] = _seeded(handlers[name])


def _seeded(known: Any) -> Any:
    iam = ministack.module("services.iam")

    def create(parameters: dict[str, Any]) -> Any:
        response = known(parameters)
        if response[0] != 200:
            return response
        device = list(ministack.original(iam, "_mfa_devices").values())[-1]
        device["Base32StringSeed"] = base64.b32encode(secrets.token_bytes(20)).decode()
        shown = iam._virtual_mfa_xml(device["SerialNumber"], include_user=False)
        result = (
            f"<CreateVirtualMFADeviceResult><VirtualMFADevice>{shown}</VirtualMFADevice></CreateVirtualMFADeviceResult>"
        )
        return iam._xml(200, "CreateVirtualMFADeviceResponse", result, ns="iam")

    return create


def of_request() -> dict[str, Any]:
    """The MFA keys of the AssumeRole request being served; nothing unless its code is right."""
    request = requests.current()
    if request is None:
        return {}
    serial, code = request.fields.get("SerialNumber"), str(request.fields.get("TokenCode", ""))
    device = ministack.original(ministack.module("services.iam"), "_mfa_devices").get(serial) if serial else None
    principal = requests.principal()
    if device is None or principal is None or principal.arn.rpartition("/")[2] != device.get("User"):
        return {}
    if not any(hmac.compare_digest(code, expected) for expected in _codes(device["Base32StringSeed"])):
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
