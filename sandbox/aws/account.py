"""What one local AWS account is started with."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """The command line of `python -m sandbox.aws` and the secrets it takes from its environment."""

    account: str
    region: str
    port: int
    plain_port: int
    certificate: Path
    key: Path
    ca: Path
    clock: Path
    callers: Path
    temporary: Path
    owner: int | None
    token: str = field(repr=False)
    deployer_key: str = field(repr=False)
    deployer_secret: str = field(repr=False)

    @property
    def endpoint(self) -> str:
        """Where the account answers with TLS."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def plain(self) -> str:
        """Where it answers without TLS, to show that policies refuse that."""
        return f"http://127.0.0.1:{self.plain_port}"
