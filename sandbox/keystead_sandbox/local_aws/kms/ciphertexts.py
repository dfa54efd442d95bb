"""Symmetric encryption of KMS keys with AES-256-GCM, so that a changed ciphertext or context does not decrypt.

ministack masks with a hash and returns noise for a ciphertext of another key. A ciphertext begins with the id of its
key (36 bytes) and a name of its key material (32 bytes), then come a nonce and the sealed text. Old material stays with
its key after a rotation, so that old ciphertexts decrypt (developer guide, Rotate keys).
"""

import base64
import binascii
import hashlib
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keystead_sandbox.local_aws.kms.records import Key, find, materials, required
from keystead_sandbox.local_aws.protocol.errors import AwsError

KEY_ID_BYTES, NAME_BYTES, NONCE_BYTES = 36, 32, 12
HEADER_BYTES = KEY_ID_BYTES + NAME_BYTES + NONCE_BYTES


def seal(record: Key, plaintext: bytes, context: dict[str, str]) -> bytes:
    """Encrypt under the key's newest material; the context is authenticated."""
    nonce = os.urandom(NONCE_BYTES)
    material = materials(record)[0]
    sealed = AESGCM(material).encrypt(nonce, plaintext, _authenticated(record, context))
    return bytes(record["KeyId"].encode() + _name(material) + nonce + sealed)


def unseal(record: Key, ciphertext: bytes, context: dict[str, str]) -> bytes:
    """Decrypt with whichever material of the key it was made; AWS's refusal when key, context or bytes are wrong."""
    name = ciphertext[KEY_ID_BYTES : KEY_ID_BYTES + NAME_BYTES]
    nonce = ciphertext[KEY_ID_BYTES + NAME_BYTES : HEADER_BYTES]
    for material in materials(record):
        if _name(material) == name:
            try:
                return AESGCM(material).decrypt(nonce, ciphertext[HEADER_BYTES:], _authenticated(record, context))
            except InvalidTag:
                break
    raise AwsError("InvalidCiphertextException", "")


def key_of(ciphertext: bytes, asked: Key | None) -> Key:
    """The key a ciphertext of a symmetric key belongs to; refused when the request names another one."""
    owner = find(ciphertext[:KEY_ID_BYTES].decode("ascii", "replace"))
    if owner is None or len(ciphertext) < HEADER_BYTES:
        raise AwsError("InvalidCiphertextException", "")
    if asked is not None and asked is not owner:
        message = "The key ID in the request does not identify a CMK that can perform this operation."
        raise AwsError("IncorrectKeyException", message)
    return owner


def named_in(encoded: str | None) -> str | None:
    """The key id in the first bytes of a ciphertext in base64; None when there is none."""
    try:
        text = base64.b64decode(encoded or "")[:KEY_ID_BYTES].decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if len(text) == KEY_ID_BYTES else None


def named(key_id: str | None) -> Key | None:
    """The key that a request names beside a ciphertext; None when it names none."""
    return required(key_id) if key_id else None


def decoded(fields: dict[str, Any], name: str) -> bytes:
    """The bytes of a base64 member."""
    try:
        return base64.b64decode(fields.get(name) or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise AwsError("SerializationException", f"{name} is not base64") from error


def encoded(content: bytes) -> str:
    """Bytes as a member of an answer."""
    return base64.b64encode(content).decode()


def _name(material: bytes) -> bytes:
    return hashlib.sha256(b"keystead sandbox key material" + material).digest()


def _authenticated(record: Key, context: dict[str, str]) -> bytes:
    return json.dumps([record["KeyId"], context], sort_keys=True).encode()
