"""Access tokens and identity tokens the sandbox issues, and whom they stand for."""

import base64
import json
import secrets
import time
from dataclasses import dataclass, field

LIFETIME = 3600
"""Seconds an access token lives, in real time: clients check expiry against the machine's clock, not the sandbox's."""


@dataclass(slots=True)
class Tokens:
    """What bearer tokens mean; only the sandbox can make one that works."""

    _accounts: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)

    def issue(self, account: str, seconds: float | None = LIFETIME) -> str:
        """A new token for an account; without end when `seconds` is None."""
        token = f"ya29.{secrets.token_urlsafe(48)}"
        self._drop_expired()
        self._accounts[token] = (account, time.time() + seconds if seconds else float("inf"))
        return token

    def account(self, token: str) -> str | None:
        """The account a token stands for; None when it does not work, or no longer."""
        account, end = self._accounts.get(token, ("", 0.0))
        return account if end > time.time() else None

    def identity(self, account: str, audience: str, issued: float) -> str:
        """An identity token (JWT) as Google shapes it; only this sandbox, which remembers it, can verify it."""
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
        parts = ({"alg": "none", "typ": "JWT"}, claims)
        head = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        token = f"{head}.{secrets.token_urlsafe(32)}"
        self._accounts[token] = (f"identity:{account}:{audience}", time.time() + LIFETIME)
        return token

    def revoke(self, account: str) -> None:
        """End an account's tokens."""
        for token in [token for token, (owner, _) in self._accounts.items() if owner == account]:
            del self._accounts[token]

    def _drop_expired(self) -> None:
        if len(self._accounts) > 1000:
            now = time.time()
            for token in [token for token, (_, end) in self._accounts.items() if end < now]:
                del self._accounts[token]
