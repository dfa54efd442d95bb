"""Who is asking: the account of each stack, the provider's configuration, and the AWS clients it uses."""

import configparser
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from keystead_sandbox.common.registry import Stacks, Watched, certificate_authority
from keystead_sandbox.pulumi_provider.aws.shapes import LOADER
from keystead_sandbox.pulumi_provider.errors import CloudError, ConfigurationError


@dataclass(frozen=True)
class Account:
    """One stack's account: endpoint, region, and the keys of its deployer (never shown)."""

    stack: str
    endpoint: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    ca_bundle: str | None = None


def accounts(registry: Path) -> Watched[Account]:
    """Return the accounts of the registry with the keys of the AWS profiles beside it."""
    return Watched(registry, "AWS account", _load, "aws/config", "aws/credentials")


def _load(stacks: Stacks, folder: Path) -> dict[str, Account]:
    profiles, found = configparser.RawConfigParser(default_section=""), dict[str, Account]()
    profiles.read(folder / "aws" / "credentials")
    for stack, clouds in stacks.items():
        entry = clouds.get("aws")
        key, secret = (
            profiles.get(stack, name, fallback="") for name in ("aws_access_key_id", "aws_secret_access_key")
        )
        if entry and key and secret:
            bundle = certificate_authority(folder, entry["endpoint"])
            found[stack] = Account(stack, entry["endpoint"], entry["region"], key, secret, bundle)
    return found


@dataclass(frozen=True)
class Session:
    """One configured provider of one stack."""

    cloud: Account
    region: str
    account: str
    default_tags: Mapping[str, str]
    clients: "Clients" = field(repr=False)

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the client of one service in one region (the provider's own unless given)."""
        return self.clients.get(self.cloud, service, region or self.region)


class Clients:
    """Builds each (cloud, service, region) client once; all share one loader, so that models are read once."""

    def __init__(self) -> None:
        self._session = botocore.session.Session()
        self._session.register_component("data_loader", LOADER)
        self._lock = threading.Lock()
        self._clients: dict[tuple[Account, str, str], Any] = {}

    def get(self, cloud: Account, service: str, region: str) -> Any:
        """Return a client; building one is not safe to do twice at once."""
        with self._lock:
            key = (cloud, service, region)
            if key not in self._clients:
                self._clients[key] = self._build(cloud, service, region)
            return self._clients[key]

    def _build(self, cloud: Account, service: str, region: str) -> Any:
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=cloud.endpoint,
            aws_access_key_id=cloud.access_key,
            aws_secret_access_key=cloud.secret_key,
            verify=cloud.ca_bundle,
            config=Config(
                max_pool_connections=32,
                connect_timeout=5,
                read_timeout=120,
                retries={"mode": "standard", "max_attempts": 3},
                ignore_configured_endpoint_urls=True,
                proxies={},
            ),
        )


class Sessions:
    """Opens the session of a stack."""

    def __init__(self, registry: Path) -> None:
        self._accounts = accounts(registry)
        self._clients = Clients()

    def open(self, stack: str, settings: Mapping[str, Any]) -> Session:
        """Open a session; refuse one whose credentials belong to an account that the program does not allow."""
        cloud = self._accounts.cloud(stack)
        region = settings.get("region") or cloud.region
        account = self._account(cloud, region)
        allowed, forbidden = settings.get("allowedAccountIds"), settings.get("forbiddenAccountIds")
        if (allowed and account not in allowed) or (forbidden and account in forbidden):
            raise ConfigurationError(f"AWS account ID not allowed: {account}")
        tags = (settings.get("defaultTags") or {}).get("tags") or {}
        return Session(cloud, region, account, dict(tags), self._clients)

    def _account(self, cloud: Account, region: str) -> str:
        try:
            answer = self._clients.get(cloud, "sts", region).get_caller_identity()
        except ClientError as error:
            details = error.response.get("Error", {})
            raise CloudError("sts:GetCallerIdentity", details.get("Code", ""), details.get("Message", "")) from None
        except BotoCoreError as error:
            raise ConfigurationError(
                f"the cloud of stack {cloud.stack!r} does not answer at {cloud.endpoint} ({type(error).__name__}); "
                "see `python -m sandbox status`"
            ) from None
        return str(answer["Account"])
