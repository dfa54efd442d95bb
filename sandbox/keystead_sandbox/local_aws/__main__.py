"""Serve one local AWS account until it is stopped, its owner dies or no more requests come."""

import argparse
import os
from pathlib import Path

from keystead_sandbox.common.cloud_settings import clean_environment, common, parser
from keystead_sandbox.common.listening import Sockets
from keystead_sandbox.local_aws.account import Account


def _arguments() -> argparse.Namespace:
    options = parser("keystead_sandbox.local_aws", "One local AWS account on loopback.")
    options.add_argument("--account", required=True, help="12-digit account id")
    options.add_argument("--region", required=True)
    options.add_argument("--callers", type=Path, required=True, help="callers.yaml")
    return options.parse_args()


def _ministack(account: Account) -> dict[str, str]:
    """What ministack reads from the environment, most of it when it is imported."""
    return {
        "AUTH": "true",
        "AWS_ENDPOINT_URL": account.endpoint,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(account.port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": account.account,
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": account.region,
        "PERSIST_STATE": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(account.temporary),
        "USE_SSL": "1",
    }


def main() -> None:
    """Read the command line, then serve."""
    arguments = _arguments()
    sockets = Sockets.held(arguments.port, arguments.plain_port)
    account = Account(
        account=arguments.account,
        region=arguments.region,
        callers=arguments.callers.resolve(),
        deployer_key=os.environ.get("KEYSTEAD_DEPLOYER_KEY_ID", ""),
        deployer_secret=os.environ.get("KEYSTEAD_DEPLOYER_SECRET", ""),
        **common(arguments, sockets),
    )
    clean_environment(**_ministack(account))
    from keystead_sandbox.local_aws import server  # noqa: PLC0415 - ministack reads the environment made above when it is imported

    server.serve(account, sockets)


if __name__ == "__main__":
    main()
