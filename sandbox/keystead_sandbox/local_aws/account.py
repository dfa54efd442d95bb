"""What one local AWS account is started with."""

from dataclasses import dataclass, field
from pathlib import Path

from keystead_sandbox.common.cloud_settings import CloudSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(CloudSettings):
    """The command line of `python -m keystead_sandbox.local_aws` and the secrets it takes from its environment."""

    account: str
    region: str
    callers: Path
    deployer_key: str = field(repr=False)
    deployer_secret: str = field(repr=False)
