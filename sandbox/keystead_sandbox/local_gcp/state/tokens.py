"""Access tokens and identity tokens the sandbox issues, and the accounts they belong to.

An access token names its account and is signed. The clouds of one sandbox share the signing key, so that a token of
another project is authenticated here, and refused for its lack of permissions (403) instead of its credentials (401).
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

LIFETIME = 3600
"""Seconds an access token lives, in real time: clients check expiry against the machine's clock, not the sandbox's."""
PREFIX = "ya29.c."


@dataclass(slots=True)
class Tokens:
    """The valid bearer tokens; only the sandbox can issue one."""

    shared: str = field(repr=False, default="")
    """A secret that the clouds of this sandbox share; without it, tokens of other clouds are not accepted."""
    _accounts: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)
    _key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        secret = self.shared.encode() or secrets.token_bytes(32)
        self._key = hashlib.sha256(b"signature of access tokens" + secret).digest()

    def issue(self, account: str, seconds: float | None = LIFETIME) -> str:
        """A new token for an account; without end when `seconds` is None."""
        end = time.time() + seconds if seconds else None
        about = _packed([str(account), end, secrets.token_urlsafe(12)])
        token = f"{PREFIX}{about}.{self._signature(about)}"
        self._drop_expired()
        self._accounts[token] = (account, end or float("inf"))
        return token

    def account(self, token: str) -> str | None:
        """The account a token belongs to; None when it is invalid or expired."""
        account, end = self._accounts.get(token, ("", 0.0))
        return account if end > time.time() else None

    def foreign(self, token: str) -> str | None:
        """The account that another cloud of this sandbox issued a token for; None where it is none of theirs."""
        about, _, signature = token.removeprefix(PREFIX).partition(".")
        if not token.startswith(PREFIX) or not hmac.compare_digest(signature, self._signature(about)):
            return None
        account, end, _ = json.loads(base64.urlsafe_b64decode(about + "=" * (-len(about) % 4)))
        return str(account) if end is None or end > time.time() else None

    def identity(self, account: str, audience: str, issued: float) -> str:
        """An identity token (JWT) in Google's format; only this cloud, which keeps it, can verify it."""
        claims = {
            "aud": audience,
            "azp": account,
            "email": account,
            "email_verified": True,
            "exp": int(issued) + LIFETIME,
            "iat": int(issued),
            "iss": "https://accounts.google.com",
            "sub": account,
        }
        head = f"{_packed({'alg': 'none', 'typ': 'JWT'})}.{_packed(claims)}"
        token = f"{head}.{secrets.token_urlsafe(32)}"
        self._drop_expired()
        self._accounts[token] = (f"identity:{account}:{audience}", time.time() + LIFETIME)
        return token

    def revoke(self, account: str) -> None:
        """End an account's tokens."""
        for token in [token for token, (owner, _) in self._accounts.items() if owner == account]:
            del self._accounts[token]

    def _signature(self, about: str) -> str:
        return hmac.new(self._key, about.encode(), hashlib.sha256).hexdigest()

    def _drop_expired(self) -> None:
        if len(self._accounts) > 1000:
            now = time.time()
            for token in [token for token, (_, end) in self._accounts.items() if end < now]:
                del self._accounts[token]


def _packed(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
