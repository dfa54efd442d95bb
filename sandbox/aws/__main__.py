"""`python -m sandbox.aws`: serve one local AWS account until it is told to stop, its owner dies or nobody asks it."""

import argparse
import os
from pathlib import Path

from sandbox.aws.account import Account
from sandbox.listening import bound

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")
"""All that is kept of the machine's environment: proxies, PYTHON*, AWS_* and the like must not change a cloud."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws", description="One local AWS account on loopback.")
    parser.add_argument("--account", required=True, help="12-digit account id")
    parser.add_argument("--region", required=True)
    parser.add_argument("--port", type=int, required=True, help="TLS port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--plain-port", type=int, required=True, help="port without TLS; 0 takes a free one")
    parser.add_argument("--cert", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--ca", type=Path, required=True, help="what the account's Lambda functions trust")
    parser.add_argument("--clock", type=Path, required=True, help="file with the sandbox's offset in seconds")
    parser.add_argument("--callers", type=Path, required=True, help="callers.yaml")
    parser.add_argument("--owner", type=int, help="exit when this process dies")
    parser.add_argument("--temporary", type=Path, help="where function code is unpacked; beside the clock by default")
    return parser.parse_args()


def _environment(account: Account) -> None:
    """Replace the process's environment by what ministack reads; it reads most of it when it is imported."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        AUTH="true",
        BIND_HOST="127.0.0.1",
        CLOUDTRAIL_RECORDING="1",
        GATEWAY_PORT=str(account.port),
        IOT_MTLS_ENABLED="0",
        LAMBDA_EXECUTOR="local",
        LOG_LEVEL="WARNING",
        MINISTACK_ACCOUNT_ID=account.account,
        MINISTACK_HOST="127.0.0.1",
        MINISTACK_REGION=account.region,
        PERSIST_STATE="0",
        SFTP_ENABLED="0",
        TMPDIR=str(account.temporary),
    )


def main() -> None:
    """Read the command line, then serve."""
    arguments = vars(_arguments())
    secure, plain = bound(arguments["port"]), bound(arguments["plain_port"])
    account = Account(
        account=arguments["account"],
        region=arguments["region"],
        port=secure.getsockname()[1],
        plain_port=plain.getsockname()[1],
        certificate=arguments["cert"].resolve(),
        key=arguments["key"].resolve(),
        ca=arguments["ca"].resolve(),
        clock=arguments["clock"].resolve(),
        callers=arguments["callers"].resolve(),
        temporary=(arguments["temporary"] or arguments["clock"].parent).resolve(),
        owner=arguments["owner"],
        token=os.environ.get("KEYSTEAD_TOKEN", ""),
        deployer_key=os.environ.get("KEYSTEAD_DEPLOYER_KEY_ID", ""),
        deployer_secret=os.environ.get("KEYSTEAD_DEPLOYER_SECRET", ""),
    )
    _environment(account)
    from sandbox.aws import server  # noqa: PLC0415 - ministack reads the environment made above when it is imported

    server.serve(account, secure.detach(), plain.detach())


if __name__ == "__main__":
    main()
