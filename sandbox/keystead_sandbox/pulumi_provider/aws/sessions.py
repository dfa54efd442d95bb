"""Who is asking: each engine connection's provider configuration, and the AWS clients it uses."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from keystead_sandbox.pulumi_provider.aws.registry import AwsRegistry, Cloud
from keystead_sandbox.pulumi_provider.aws.shapes import LOADER
from keystead_sandbox.pulumi_provider.connections import Connections, parse
from keystead_sandbox.pulumi_provider.errors import CloudError, ConfigurationError
from keystead_sandbox.pulumi_provider.urns import stack_of


@dataclass(frozen=True)
class Session:
    """One configured provider of one stack."""

    cloud: Cloud
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
        self._clients: dict[tuple[Cloud, str, str], Any] = {}

    def get(self, cloud: Cloud, service: str, region: str) -> Any:
        """Return a client; building one is not safe to do twice at once."""
        with self._lock:
            key = (cloud, service, region)
            if key not in self._clients:
                self._clients[key] = self._build(cloud, service, region)
            return self._clients[key]

    def _build(self, cloud: Cloud, service: str, region: str) -> Any:
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
    """Keeps the session of every engine connection."""

    def __init__(self, registry: AwsRegistry) -> None:
        self._registry = registry
        self._clients = Clients()
        self.connections: Connections[Session] = Connections()

    def configure(self, peer: str, urn: str, settings: Mapping[str, Any]) -> Session:
        """Open a session; refuse one whose credentials belong to an account that the program does not allow."""
        settings = {key: parse(value) for key, value in settings.items()}
        cloud = self._registry.cloud(stack_of(urn))
        region = settings.get("region") or cloud.region
        account = self._account(cloud, region)
        check_account(account, settings)
        tags = (settings.get("defaultTags") or {}).get("tags") or {}
        session = Session(cloud, region, account, dict(tags), self._clients)
        self.connections.keep(peer, urn, session)
        return session

    def _account(self, cloud: Cloud, region: str) -> str:
        try:
            answer = self._clients.get(cloud, "sts", region).get_caller_identity()
        except ClientError as error:
            raise CloudError("sts:GetCallerIdentity", **_reason(error)) from None
        except BotoCoreError as error:
            raise ConfigurationError(
                f"the cloud of stack {cloud.stack!r} does not answer at {cloud.endpoint} ({type(error).__name__}); "
                "see `python -m sandbox status`"
            ) from None
        return str(answer["Account"])


def check_account(account: str, settings: Mapping[str, Any]) -> None:
    """Refuse an account as the official provider does."""
    allowed, forbidden = settings.get("allowedAccountIds"), settings.get("forbiddenAccountIds")
    if (allowed and account not in allowed) or (forbidden and account in forbidden):
        raise ConfigurationError(f"AWS account ID not allowed: {account}")


def _reason(error: ClientError) -> dict[str, str]:
    details = error.response.get("Error", {})
    return {"code": details.get("Code", ""), "message": details.get("Message", "")}
