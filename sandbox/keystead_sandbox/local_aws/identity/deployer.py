"""Who may sign: the deployer the account starts with, and nobody without a signature that is checked.

ministack takes access keys such as `test`, an empty one or an account number for the account's root and does not check
their signature. There is no root key here; everything starts from the IAM user `deployer`.
"""

from functools import partial
from typing import Any
from urllib.parse import parse_qs

from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.patches import ministack

DEPLOYER = "deployer"


def install(account: Account) -> None:
    """Refuse root keys, let blank parameters clear what they name, and create the deployer when its key was given."""
    ministack.replace(ministack.module("services.iam"), "parse_qs", partial(parse_qs, keep_blank_values=True))
    ministack.replace(ministack.module("core.iam_evaluator"), "is_root_access_key", _nobody)
    ministack.replace(ministack.module("services.sts"), "is_root_access_key", _nobody)
    if account.deployer_key and account.deployer_secret:
        _create_deployer(account)


def _nobody(_access_key: str) -> bool:
    return False


def _create_deployer(account: Account) -> None:
    iam, responses = ministack.module("services.iam"), ministack.module("core.responses")
    with responses.request_scope(account.account, account.region):
        _succeed(iam._create_user({"UserName": [DEPLOYER]}))
        policy = "arn:aws:iam::aws:policy/AdministratorAccess"
        _succeed(iam._attach_user_policy({"UserName": [DEPLOYER], "PolicyArn": [policy]}))
        ministack.original(iam, "_access_keys")[account.deployer_key] = {
            "UserName": DEPLOYER,
            "AccessKeyId": account.deployer_key,
            "SecretAccessKey": account.deployer_secret,
            "Status": "Active",
            "CreateDate": iam._now(),
        }


def _succeed(response: Any) -> None:
    if response[0] != 200:
        message = f"the deployer cannot be created: {response[2]!r}"
        raise ministack.PatchError(message)
