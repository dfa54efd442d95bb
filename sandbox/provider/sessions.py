"""Who is asking: each engine connection's provider configuration, and the AWS clients it uses."""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.provider.errors import CloudError, ConfigurationError
from sandbox.provider.registry import Cloud, Registry
from sandbox.provider.shapes import LOADER

MAX_CONNECTIONS = 512
"""Engine connections remembered; the oldest is forgotten first."""


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
    """Keeps the session of every engine connection.

    A resource's request names its stack but not its provider; an engine opens one connection per provider, so the
    connection tells providers of one stack apart. After a reconnect the stack's latest session serves.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._clients = Clients()
        self._lock = threading.Lock()
        self._by_peer: OrderedDict[str, Session] = OrderedDict()
        self._by_stack: dict[str, Session] = {}

    def configure(self, peer: str, urn: str, settings: Mapping[str, Any]) -> Session:
        """Open a session; refuse one whose credentials belong to an account that the program does not allow."""
        settings = {key: parse(value) for key, value in settings.items()}
        stack = stack_of(urn)
        cloud = self._registry.cloud(stack)
        region = settings.get("region") or cloud.region
        account = self._account(cloud, region)
        check_account(account, settings)
        tags = (settings.get("defaultTags") or {}).get("tags") or {}
        session = Session(cloud, region, account, dict(tags), self._clients)
        with self._lock:
            self._by_peer[peer] = session
            self._by_peer.move_to_end(peer)
            while len(self._by_peer) > MAX_CONNECTIONS:
                self._by_peer.popitem(last=False)
            self._by_stack[stack] = session
        return session

    def find(self, peer: str, urn: str | None = None) -> Session | None:
        """Return the session a request belongs to, or None before its provider was configured."""
        with self._lock:
            session = self._by_peer.get(peer)
            if urn is None:
                return session
            stack = stack_of(urn)
            return session if session and session.cloud.stack == stack else self._by_stack.get(stack)

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


def parse(value: Any) -> Any:
    """Read a provider setting: the SDK sends everything but strings as JSON text."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        return json.loads(value)
    return value


def stack_of(urn: str) -> str:
    """Return the stack a URN names: urn:pulumi:STACK::PROJECT::TYPE::NAME."""
    parts = urn.split("::")
    if len(parts) < 4 or not parts[0].startswith("urn:pulumi:"):
        raise ConfigurationError("the engine sent a request without a resource name (URN)")
    return parts[0].removeprefix("urn:pulumi:")


def _reason(error: ClientError) -> dict[str, str]:
    details = error.response.get("Error", {})
    return {"code": details.get("Code", ""), "message": details.get("Message", "")}
