"""Symmetric encryption of KMS keys with AES-256-GCM, so that a changed ciphertext or context does not decrypt.

ministack masks with a hash and returns noise for a ciphertext of another key. The layout keeps the key id in the first
36 bytes, where ministack's authorization looks for it; then 32 bytes that name the key material, a nonce, the sealed
text. Old material stays with its key after a rotation, so that old ciphertexts decrypt (developer guide, Rotate keys).
"""

import base64
import binascii
import hashlib
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keystead_sandbox.local_aws.identity.authorization import allowed
from keystead_sandbox.local_aws.identity.context import key as key_context
from keystead_sandbox.local_aws.kms.grants import KEY_ID_BYTES
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer

Key = dict[str, Any]

NAME_BYTES, NONCE_BYTES = 32, 12
HEADER_BYTES = KEY_ID_BYTES + NAME_BYTES + NONCE_BYTES
SYMMETRIC = "SYMMETRIC_DEFAULT"


def seal(record: Key, plaintext: bytes, context: dict[str, str]) -> bytes:
    """Encrypt under the key's current material; the context is authenticated."""
    nonce = os.urandom(NONCE_BYTES)
    material = record["_symmetric_key"]
    sealed = AESGCM(material).encrypt(nonce, plaintext, _authenticated(record, context))
    return bytes(record["KeyId"].encode() + _name(material) + nonce + sealed)


def unseal(record: Key, ciphertext: bytes, context: dict[str, str]) -> bytes:
    """Decrypt with whichever material of the key it was made; AWS's refusal when key, context or bytes are wrong."""
    name = ciphertext[KEY_ID_BYTES : KEY_ID_BYTES + NAME_BYTES]
    nonce = ciphertext[KEY_ID_BYTES + NAME_BYTES : HEADER_BYTES]
    for material in (record["_symmetric_key"], *record.get("_old_materials", ())):
        if _name(material) == name:
            try:
                return AESGCM(material).decrypt(nonce, ciphertext[HEADER_BYTES:], _authenticated(record, context))
            except InvalidTag:
                break
    raise AwsError("InvalidCiphertextException", "")


def key_of(ciphertext: bytes, named: str | None) -> Key:
    """The key a ciphertext belongs to; refused when the request names another one."""
    kms = ministack.module("services.kms")
    asked = kms._resolve_key(named) if named else None
    if named and asked is None:
        raise AwsError("NotFoundException", f"Key '{named}' does not exist")
    if asked is not None and "_symmetric_key" not in asked:
        return dict(asked)
    owner: Key | None = kms._resolve_key(ciphertext[:KEY_ID_BYTES].decode("ascii", "replace"))
    if owner is None or len(ciphertext) < HEADER_BYTES:
        raise AwsError("InvalidCiphertextException", "")
    if asked is not None and asked is not owner:
        message = "The key ID in the request does not identify a CMK that can perform this operation."
        raise AwsError("IncorrectKeyException", message)
    return owner


def usable(record: Key) -> None:
    """Refuse a key whose state does not let it work."""
    refusal = ministack.module("services.kms")._check_key_state(record)
    if refusal is not None:
        content = json.loads(refusal[2])
        raise AwsError(content["__type"], content.get("message", ""))


def blob(data: dict[str, Any], name: str) -> bytes:
    """The bytes of a base64 member."""
    try:
        return base64.b64decode(data.get(name) or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise AwsError("SerializationException", f"{name} is not base64") from error


def encrypt(data: dict[str, Any], known: Any) -> Response:
    """The operation Encrypt; ministack answers for asymmetric keys."""
    record = ministack.module("services.kms")._resolve_key(data.get("KeyId"))
    if record is None or "_symmetric_key" not in record:
        asymmetric: Response = known(data)
        return asymmetric
    usable(record)
    sealed = seal(record, blob(data, "Plaintext"), data.get("EncryptionContext") or {})
    return answer({"KeyId": record["Arn"], "CiphertextBlob": _text(sealed), "EncryptionAlgorithm": SYMMETRIC})


def decrypt(data: dict[str, Any], known: Any) -> Response:
    """The operation Decrypt; ministack answers for asymmetric keys."""
    ciphertext = blob(data, "CiphertextBlob")
    record = key_of(ciphertext, data.get("KeyId"))
    if "_symmetric_key" not in record:
        asymmetric: Response = known(data)
        return asymmetric
    usable(record)
    plaintext = unseal(record, ciphertext, data.get("EncryptionContext") or {})
    material = ministack.module("services.kms")._key_material_id(record)
    answered = {"KeyId": record["Arn"], "Plaintext": _text(plaintext), "EncryptionAlgorithm": SYMMETRIC}
    return answer(answered | {"KeyMaterialId": material})


def re_encrypt(data: dict[str, Any]) -> Response:
    """The operation ReEncrypt, which ministack lacks; the permission on the source key was checked before."""
    ciphertext = blob(data, "CiphertextBlob")
    source = key_of(ciphertext, data.get("SourceKeyId"))
    destination: Key | None = ministack.module("services.kms")._resolve_key(data.get("DestinationKeyId"))
    if destination is None:
        raise AwsError("NotFoundException", f"Key '{data.get('DestinationKeyId')}' does not exist")
    if "_symmetric_key" not in source or "_symmetric_key" not in destination:
        raise AwsError("UnsupportedOperationException", "The sandbox re-encrypts only between symmetric keys.")
    new_context = data.get("DestinationEncryptionContext") or {}
    allowed("kms:ReEncryptTo", destination["Arn"], key_context({"EncryptionContext": new_context}, destination["Arn"]))
    usable(source)
    usable(destination)
    plaintext = unseal(source, ciphertext, data.get("SourceEncryptionContext") or {})
    return answer(
        {
            "CiphertextBlob": _text(seal(destination, plaintext, new_context)),
            "SourceKeyId": source["Arn"],
            "KeyId": destination["Arn"],
            "SourceEncryptionAlgorithm": SYMMETRIC,
            "DestinationEncryptionAlgorithm": SYMMETRIC,
        }
    )


def install(kms: Any) -> None:
    """Seal what ministack's data key operations return."""
    ministack.wrap(kms, "_generate_data_key_common", _resealed_data_key)
    ministack.wrap(kms, "_generate_data_key_pair_common", _resealed_pair)


def _resealed_data_key(known: Any) -> Any:
    def generate(data: dict[str, Any], *rest: Any) -> Any:
        record, plaintext, result = known(data, *rest)
        if record is not None:
            result = seal(record, plaintext, data.get("EncryptionContext") or {})
        return record, plaintext, result

    return generate


def _resealed_pair(known: Any) -> Any:
    def generate(data: dict[str, Any], action: str) -> Any:
        payload, private, error = known(data, action)
        if payload is not None:
            record = ministack.module("services.kms")._resolve_key(data["KeyId"])
            payload["PrivateKeyCiphertextBlob"] = _text(seal(record, private, data.get("EncryptionContext") or {}))
        return payload, private, error

    return generate


def _name(material: bytes) -> bytes:
    return hashlib.sha256(b"keystead sandbox key material" + material).digest()


def _authenticated(record: Key, context: dict[str, str]) -> bytes:
    return json.dumps([record["KeyId"], context], sort_keys=True).encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
