"""IAM where ministack differs: blank parameters clear what they name, virtual MFA devices, and the user `deployer`.

There is no root key; everything starts from the IAM user `deployer`, whose key the account was started with.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.identity import mfa
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.in_process import call, within
from keystead_sandbox.local_aws.protocol.operations import Wire, intercept
from keystead_sandbox.local_aws.protocol.times import iso

DEPLOYER = "deployer"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def install(account: Account) -> None:
    """Put the corrections before ministack's IAM, and create the deployer when its key was given."""
    intercept("iam", _answered)
    if account.deployer_key and account.deployer_secret:
        _create_deployer(account)


async def _answered(wire: Wire, pass_on: Callable[[Wire], Any]) -> Any:
    response = await pass_on(replace(wire, query=wire.parameters))
    return mfa.observed(wire.operation, wire.fields, response)


def _create_deployer(account: Account) -> None:
    with within(account.account, account.region):
        for operation, fields in (
            ("CreateUser", {"UserName": DEPLOYER}),
            ("AttachUserPolicy", {"UserName": DEPLOYER, "PolicyArn": ADMINISTRATOR}),
        ):
            status, _, body = call("iam", operation, fields)
            if status != 200:
                message = f"the deployer cannot be created: {body!r}"
                raise ministack.PatchError(message)
        ministack.get("services.iam", "_access_keys")[account.deployer_key] = {
            "UserName": DEPLOYER,
            "AccessKeyId": account.deployer_key,
            "SecretAccessKey": account.deployer_secret,
            "Status": "Active",
            "CreateDate": iso(time.time()),
        }
