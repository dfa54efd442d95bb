"""Keys of a GCP service account, for callers outside GCP that cannot do without one.

The value is the JSON key file that Google returns. The account should be used for this secret alone: keys that the
rotator did not make are never deleted, since nobody can tell a forgotten key from one in use.
"""

import base64
import datetime as dt
import json

from keystead.functions.shared import clock
from keystead.functions.shared.errors import ApiError, RefusedError, VerificationError
from keystead.functions.shared.google.calls import ApiCalls
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.store import Read

MOST_KEYS = 7
"""User-managed keys an account may have before another is made; IAM takes 10 (IAM quotas), the rest are for people."""

FORBIDDEN = "FAILED_PRECONDITION"
"""What IAM answers where a policy forbids keys; too many keys answer the same, and are counted before."""
KEYS_FORBIDDEN = "constraints/iam.disableServiceAccountKeyCreation"
"""Enforced in organisations made since May 2024 ("Secure by default organization policies")."""


class ServiceAccountKeyRotator:
    """Makes a key, checks with IAM that it is enabled, and deletes it when its overlap is over.

    IAM is asked instead of signing with the key: signing needs a cryptography library, which the function does not
    have, the store's checksums show that the value is the one IAM returned, and a new key may be refused for a minute.
    """

    unattended = True

    def __init__(self, account: str, api: ApiCalls) -> None:
        self._account = account
        self._keys = f"v1/projects/-/serviceAccounts/{account}/keys"
        self._api = api

    def create(self, current: Read) -> Sensitive:  # noqa: ARG002  # the protocol's signature
        """Return the file of a new key. Not repeated when the answer is lost, so that keys do not accumulate."""
        keys = self._api.call("GET", "iam", self._keys, query={"keyTypes": "USER_MANAGED"}).get("keys", [])
        if len(keys) >= MOST_KEYS:
            raise RefusedError(
                f"{self._account} has {len(keys)} user-managed keys, and another is made only where they are fewer "
                f"than {MOST_KEYS}; delete those that no secret holds (gcloud iam service-accounts keys list)"
            )
        try:
            made = self._api.call("POST", "iam", self._keys, {}, repeat=False)
        except ApiError as error:
            if error.status == FORBIDDEN:
                raise RefusedError(
                    f"IAM makes no key of {self._account}: an organisation policy forbids it "
                    f"({KEYS_FORBIDDEN}). Have the project excepted from that policy, or let the caller in by workload "
                    "identity federation, which needs no key"
                ) from None
            raise
        return Sensitive(base64.b64decode(made["privateKeyData"]).decode())

    def fits(self, pending: Sensitive) -> bool:  # noqa: ARG002  # the protocol's signature
        """Keep it: IAM knows the key already."""
        return True

    def abandon(self, value: Sensitive) -> None:
        """Delete the key that could not be stored."""
        self._delete(value)

    def apply(self, pending: Sensitive, current: Read) -> None:
        """Do nothing: a key works as soon as it is made."""

    def verify(self, pending: Sensitive) -> None:
        """Check that the value is a key file of the account, and that IAM has its key enabled and not expired."""
        identifier = self._identifier(pending)
        if identifier is None:
            raise VerificationError(f"the pending value is not a key file of {self._account}")
        try:
            key = self._api.call("GET", "iam", f"{self._keys}/{identifier}")
        except ApiError as error:
            if error.code == 404:
                raise VerificationError(f"{self._account} has no key {identifier}") from None
            raise
        if key.get("disabled"):
            raise VerificationError(f"key {identifier} of {self._account} is disabled")
        end = key.get("validBeforeTime")
        if end and dt.datetime.fromisoformat(end) <= clock.now():
            raise VerificationError(f"key {identifier} of {self._account} expired on {end}")

    def retire(self, previous: Read) -> None:
        """Delete the previous key; a value that is not a key file of the account has no key to delete."""
        value = previous()
        if value is not None:
            self._delete(value)

    def _delete(self, value: Sensitive) -> None:
        identifier = self._identifier(value)
        if identifier is None:
            return
        try:
            self._api.call("DELETE", "iam", f"{self._keys}/{identifier}")
        except ApiError as error:
            if error.code != 404:
                raise

    def _identifier(self, value: Sensitive) -> str | None:
        """Return the key's id where the value is a key file of this account."""
        try:
            file = json.loads(value.reveal())
        except ValueError:
            return None
        if not isinstance(file, dict) or not str(file.get("private_key", "")).startswith("-----BEGIN PRIVATE KEY"):
            return None
        identifier = str(file.get("private_key_id", ""))
        named = file.get("client_email") == self._account and identifier.isalnum()
        return identifier if named else None
