"""The rotator's HTTP function: an event that Pub/Sub pushes, or the hourly sweep.

It works only on secrets that its settings name, in the project they name, on messages of its own subscription, and
refuses everything else. 204 acknowledges a message; any other status makes Pub/Sub deliver it again and, after the
subscription's attempts, move it to the dead letters, where refused messages belong too. Every failure is logged as an
event without values. Source: Pub/Sub, "Push subscriptions".
"""

import base64
import binascii
import datetime as dt
import functools
import json
import logging
import re
import time
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from keystead.functions.rotator import strategies
from keystead.functions.rotator.renaming import Renaming
from keystead.functions.rotator.settings import RotatorSettings, SecretSettings
from keystead.functions.rotator.strategies.service_account_key import ServiceAccountKeyRotator
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import clock, events, logs
from keystead.functions.shared.errors import RefusedError, SettingsError, StaleTokenError
from keystead.functions.shared.faults import describe
from keystead.functions.shared.google import identity
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.google.pace import PacedCalls
from keystead.functions.shared.settings import SETTINGS_FILE, load
from keystead.functions.stores.gcp import GcpSecretStore
from keystead.functions.stores.store import SecretStore

ROTATE, CREATE = "SECRET_ROTATE", "SECRET_CREATE"
"""The events that ask for a value; Secret Manager sends others to the same topic. Source: "Event notifications"."""

DONE, REFUSED, FAILED = 204, 403, 500

SWEEP_SECONDS = 470
"""How long a sweep may take: a minute less than the function may run, since a call may have to wait for its turn."""

_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_ROOT = Path(__file__).parents[3]


class HttpRequest(Protocol):
    """What the handler reads from the framework's request."""

    method: str

    def get_data(self) -> bytes:
        """Return the body."""


class PushMessage(NamedTuple):
    """What the handler reads from a pushed message."""

    subscription: str
    event: str
    secret: str
    """Full name, `projects/<number>/secrets/<name>` or with the project's id: Google's guide does not say which."""
    identifier: str
    published: dt.datetime
    requested: bool
    """Whether a person asks for it, rather than the schedule."""


def handle(request: HttpRequest) -> tuple[str, int]:
    """Serve one request to the function."""
    logs.configure(logs.CLOUD_LOGGING)
    try:
        body = _body(request)
        _function().serve(body)
    except Exception as error:  # noqa: BLE001  # an error's own text may hold a value; the framework would log it
        logs.emit(events.ROTATION_FAILED, level=logging.ERROR, **_subject(request), **describe(error))
        refused = isinstance(error, RefusedError) and not isinstance(error, StaleTokenError)
        return "", REFUSED if refused else FAILED
    return "", DONE


class RotatorFunction:
    """The rotator of one environment, wired to its store."""

    def __init__(
        self,
        settings: RotatorSettings,
        store: SecretStore,
        api: Api | None = None,
        root: Path = _ROOT,
        *,
        paced: SecretStore | None = None,
    ) -> None:
        self._settings = settings
        known: dict[str, strategies.Builder] = {
            **strategies.BUILDERS,
            "service-account-key": functools.partial(_service_account_key, api),
        }
        self._strategies = {name: strategies.build(entry, root, known) for name, entry in settings.secrets.items()}
        # The sweep alone keeps a pace: a message that comes too fast is delivered again, and no first value waits.
        sweeping = paced or store
        self._rotation, swept = (
            RotationWorkflow(one, self._strategies, renaming=Renaming(one, settings.renamed))
            for one in (store, sweeping)
        )
        self._sweep = Sweep(sweeping, self._strategies, settings.secrets, swept, finishes=True)

    def serve(self, body: object) -> None:
        """Do what the body asks for, if this function was deployed for it."""
        if body == events.SWEEP_EVENT:
            ends = time.monotonic() + SWEEP_SECONDS
            self._sweep.run(clock.now(), lambda: ends - time.monotonic())
            return
        message = _message(body)
        self._check_subscription(message)
        if message.event not in (ROTATE, CREATE):
            return
        secret = self._secret(message)
        if not self._strategies[secret].unattended:
            return
        if (
            message.event == ROTATE
            and not message.requested
            and not self._settings.secrets[secret].open_at(clock.now())
        ):
            # The sweep makes it up in the next window.
            logs.emit(events.ROTATION_HELD_BACK, secret=secret, version=f"message-{message.identifier}")
            return
        asked = message.published if message.event == ROTATE else _EVER
        version = self._rotation.run(secret, f"message-{message.identifier}", asked)
        if version is not None:
            logs.emit(events.STEP_DONE, secret=secret, step="finish", version=version)

    def _check_subscription(self, message: PushMessage) -> None:
        cloud, name = self._settings.cloud, f"subscriptions/{self._settings.cloud.subscription}"
        if message.subscription not in (f"projects/{cloud.account}/{name}", f"projects/{cloud.number}/{name}"):
            raise RefusedError("the message comes from another subscription than the rotator's own")

    def _secret(self, message: PushMessage) -> str:
        project, _, name = message.secret.rpartition("/secrets/")
        cloud = self._settings.cloud
        if (
            project not in (f"projects/{cloud.number}", f"projects/{cloud.account}")
            or name not in self._settings.secrets
        ):
            raise RefusedError("the event's secretId is not a secret this function was deployed for")
        return name


def _service_account_key(api: Api | None, settings: SecretSettings, _: Path) -> strategies.Rotator:
    """Build the strategy that exists on GCP only."""
    if not settings.service_account or api is None:
        raise SettingsError("rotator 'service-account-key' needs a service account")
    return ServiceAccountKeyRotator(settings.service_account, api)


@functools.cache
def _function() -> RotatorFunction:
    """Build the function once per container: read the settings, check the project."""
    settings = load(RotatorSettings, _ROOT / SETTINGS_FILE)
    if identity.project_number() != settings.cloud.number:
        raise RefusedError("the function runs in another project than it was deployed for")
    api = Api(identity.Tokens(identity.metadata_token))
    store, paced = (GcpSecretStore(calls, settings.cloud.number) for calls in (api, PacedCalls(api)))
    return RotatorFunction(settings, store, api, paced=paced)


def _body(request: HttpRequest) -> object:
    if request.method != "POST":
        raise RefusedError("only POST is served")
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise RefusedError("the body is not JSON") from None


def _message(body: object) -> PushMessage:
    """Read what Pub/Sub wraps around a message; its data is Secret Manager's description of the secret."""
    message = body.get("message") if isinstance(body, dict) else None
    attributes = message.get("attributes") if isinstance(message, dict) else None
    if not isinstance(body, dict) or not isinstance(message, dict) or not isinstance(attributes, dict):
        raise RefusedError("the body is neither a pushed message nor a sweep")
    identifier = message.get("messageId")
    if not isinstance(identifier, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,54}", identifier):
        raise RefusedError("the message has no messageId of letters and digits")
    try:
        base64.b64decode(message.get("data") or "", validate=True)
        published = dt.datetime.fromisoformat(message.get("publishTime", ""))
    except (ValueError, TypeError, binascii.Error):
        raise RefusedError("the message's data is not base64, or its publishTime is not a time") from None
    if published.tzinfo is None:
        raise RefusedError("the message's publishTime has no time zone")
    event, secret = str(attributes.get("eventType")), str(attributes.get("secretId"))
    requested = events.REQUESTED.items() <= attributes.items()
    return PushMessage(str(body.get("subscription")), event, secret, identifier, published, requested)


def _subject(request: HttpRequest) -> dict[str, str]:
    """Return the secret, event and message that the request names, truncated: a refused one may hold anything."""
    try:
        body: Any = json.loads(request.get_data())
        if body == events.SWEEP_EVENT:
            return {"secret": "all", "step": "sweep"}
        message = body["message"]
        attributes = message["attributes"]
        return {
            "secret": str(attributes.get("secretId", "?")).rpartition("/")[2][:256],
            "step": str(attributes.get("eventType", "?"))[:64],
            "version": f"message-{message.get('messageId', '?')}"[:64],
        }
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {"secret": "?", "step": "?"}
