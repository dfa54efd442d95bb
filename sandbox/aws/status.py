"""What `/_keystead/status` tells about an account: names and dates, never a value."""

from typing import Any

from sandbox.aws.account import Account
from sandbox.aws.clock import Clock
from sandbox.aws.secrets_store import CURRENT, everywhere, has_value, labelled


def of(account: Account, clock: Clock) -> dict[str, Any]:
    """The account, its clock, and the state of its secrets."""
    secrets = [secret for _, secret in everywhere() if not secret.get("_PrimarySecretArn")]
    waiting = sorted(secret["Name"] for secret in secrets if not has_value(labelled(secret, CURRENT)[1]))
    due = sorted(secret["Name"] for secret in secrets if secret.get("RotationEnabled") and secret["Name"] in waiting)
    return {
        "account": account.account,
        "region": account.region,
        "offset": clock.offset,
        "secrets": len(secrets),
        "secrets_without_value": waiting,
        "first_values_due": due,
    }
