"""What `/_keystead/status` tells about an account: names and dates, never a value."""

from typing import Any

from keystead_sandbox.common.clock import Clock
from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.kms import records
from keystead_sandbox.local_aws.secrets_manager import store


def of(account: Account, clock: Clock) -> dict[str, Any]:
    """The account, its clock, and the state of its secrets."""
    secrets = [secret for _, secret in store.everywhere() if not store.is_replica(secret)]
    waiting = sorted(
        secret["Name"] for secret in secrets if not store.has_value(store.labelled(secret, store.CURRENT)[1])
    )
    pending = sorted(
        secret["Name"] for secret in secrets if store.labelled(secret, store.PENDING)[0] not in _finished(secret)
    )
    due = sorted(secret["Name"] for secret in secrets if secret.get("RotationEnabled") and secret["Name"] in waiting)
    return {
        "account": account.account,
        "region": account.region,
        "offset": clock.offset,
        "secrets": len(secrets),
        "keys": len(records.everywhere()),
        "pending_rotations": pending,
        "secrets_without_value": waiting,
        "first_values_due": due,
    }


def _finished(secret: store.Secret) -> set[str | None]:
    """Where AWSPENDING may be when no rotation is under way: on no version, or on the current one."""
    return {None, store.labelled(secret, store.CURRENT)[0]}
