"""The operations of KMS that encrypt and decrypt under symmetric keys; ministack answers for asymmetric ones."""

import os
from typing import Any

from keystead_sandbox.local_aws.identity.authorization import allowed
from keystead_sandbox.local_aws.kms import context
from keystead_sandbox.local_aws.kms.ciphertexts import decoded, encoded, key_of, named, seal, unseal
from keystead_sandbox.local_aws.kms.records import Key, is_symmetric, material_id, required, usable
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response, answer
from keystead_sandbox.local_aws.protocol.in_process import call, result

Fields = dict[str, Any]

SYMMETRIC = "SYMMETRIC_DEFAULT"
KEY_BYTES = {"AES_256": 32, "AES_128": 16}
LONGEST_DATA_KEY = 1024


def encrypt(fields: Fields) -> Response:
    """The operation Encrypt."""
    record = required(fields.get("KeyId"))
    usable(record)
    if not is_symmetric(record):
        return call("kms", "Encrypt", fields)
    sealed = seal(record, decoded(fields, "Plaintext"), fields.get("EncryptionContext") or {})
    return answer({"KeyId": record["Arn"], "CiphertextBlob": encoded(sealed), "EncryptionAlgorithm": SYMMETRIC})


def decrypt(fields: Fields) -> Response:
    """The operation Decrypt."""
    asked = named(fields.get("KeyId"))
    if asked is not None and not is_symmetric(asked):
        usable(asked)
        return call("kms", "Decrypt", fields)
    ciphertext = decoded(fields, "CiphertextBlob")
    record = key_of(ciphertext, asked)
    usable(record)
    plaintext = unseal(record, ciphertext, fields.get("EncryptionContext") or {})
    about = {"KeyId": record["Arn"], "EncryptionAlgorithm": SYMMETRIC, "KeyMaterialId": material_id(record)}
    return answer(about | {"Plaintext": encoded(plaintext)})


def re_encrypt(fields: Fields) -> Response:
    """The operation ReEncrypt; the permission on the source key was checked before."""
    ciphertext = decoded(fields, "CiphertextBlob")
    source, destination = named(fields.get("SourceKeyId")), required(fields.get("DestinationKeyId"))
    if source is None or is_symmetric(source):
        source = key_of(ciphertext, source)
    if not is_symmetric(source) or not is_symmetric(destination):
        raise AwsError("UnsupportedOperationException", "The sandbox re-encrypts only between symmetric keys.")
    new_context = fields.get("DestinationEncryptionContext") or {}
    allowed("kms:ReEncryptTo", destination["Arn"], context.keys("", {"EncryptionContext": new_context}, "*"))
    usable(source)
    usable(destination)
    plaintext = unseal(source, ciphertext, fields.get("SourceEncryptionContext") or {})
    return answer(
        {
            "CiphertextBlob": encoded(seal(destination, plaintext, new_context)),
            "SourceKeyId": source["Arn"],
            "KeyId": destination["Arn"],
            "SourceEncryptionAlgorithm": SYMMETRIC,
            "DestinationEncryptionAlgorithm": SYMMETRIC,
        }
    )


def data_key(fields: Fields, *, plaintext: bool = True) -> Response:
    """The operation GenerateDataKey, and GenerateDataKeyWithoutPlaintext."""
    record = _sealing(fields)
    length = fields.get("NumberOfBytes") or KEY_BYTES.get(str(fields.get("KeySpec")))
    if not length or not 1 <= int(length) <= LONGEST_DATA_KEY or ("NumberOfBytes" in fields) == ("KeySpec" in fields):
        raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")
    made = os.urandom(int(length))
    sealed = seal(record, made, fields.get("EncryptionContext") or {})
    about = {"KeyId": record["Arn"], "KeyMaterialId": material_id(record), "CiphertextBlob": encoded(sealed)}
    return answer(about | ({"Plaintext": encoded(made)} if plaintext else {}))


def data_key_pair(fields: Fields, *, plaintext: bool = True) -> Response:
    """The operation GenerateDataKeyPair, and GenerateDataKeyPairWithoutPlaintext; the pair is ministack's."""
    record = _sealing(fields)
    pair = result("kms", "GenerateDataKeyPair", fields)
    private = decoded(pair, "PrivateKeyPlaintext")
    pair["PrivateKeyCiphertextBlob"] = encoded(seal(record, private, fields.get("EncryptionContext") or {}))
    pair["KeyMaterialId"] = material_id(record)
    if not plaintext:
        del pair["PrivateKeyPlaintext"]
    return answer(pair)


def _sealing(fields: Fields) -> Key:
    record = required(fields.get("KeyId"))
    usable(record)
    if not is_symmetric(record):
        raise AwsError("InvalidKeyUsageException", f"{record['Arn']} key usage is not valid for this operation.")
    return record
