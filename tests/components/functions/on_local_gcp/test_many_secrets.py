"""The sweep of a thousand secrets on the local GCP, within the quota of a minute."""

import base64
from collections import Counter
from typing import Any

import pytest
from keystead.functions.rotator.gcp import RotatorFunction
from keystead.functions.rotator.settings import CloudSettings, RotatorSettings, SecretSettings
from keystead.functions.shared import events
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.google.pace import PER_MINUTE
from keystead.functions.stores.gcp import GcpSecretStore

from tests.components.functions.on_local_gcp.local_gcp import DAY, NUMBER, PROJECT, LocalGcp

SECRETS, WITH_VALUE = 1000, 40
QUOTA = 600
"""Reads, and as many writes, a minute and project. Source: Secret Manager, "Quotas and limits"."""


class CountingApi:
    """Google's APIs, and how often each kind of call was made."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.made: Counter[str] = Counter()

    def call(self, http: str, service: str, path: str, *body: Any, **more: Any) -> dict[str, Any]:
        self.made["read" if http == "GET" else "write"] += 1
        return self._api.call(http, service, path, *body, **more)


@pytest.fixture(scope="module")
def names(cloud: LocalGcp) -> list[str]:
    """A thousand secrets that people bring; some have their value, whose labels the rotator has not seen yet."""
    names = [f"prod-service-{number:04}" for number in range(SECRETS)]
    for number, name in enumerate(names):
        path = f"v1/projects/{PROJECT}/secrets"
        made = cloud.call("POST", "secretmanager", path, {"replication": {"automatic": {}}}, secretId=name)
        if number < WITH_VALUE:
            data = base64.b64encode(b"brought").decode()
            cloud.call("POST", "secretmanager", f"{path}/{name}:addVersion", {"payload": {"data": data}})
            labelled = {"versionAliases": {"current": "1"}, "etag": made["etag"]}
            cloud.call("PATCH", "secretmanager", f"{path}/{name}", labelled, updateMask="versionAliases")
    return names


def test_a_sweep_of_a_thousand_secrets_reads_few_pages_and_what_its_labels_ask_for(
    cloud: LocalGcp, names: list[str]
) -> None:
    api = CountingApi(cloud.acting_as(cloud.rotator("rotator-of-many")))
    entries = {name: SecretSettings("manual", 90 * DAY, 30 * DAY) for name in names}
    settings = RotatorSettings("prod", CloudSettings(PROJECT, "us-east1", NUMBER, "prod-rotator"), entries)
    function = RotatorFunction(settings, GcpSecretStore(api, NUMBER))
    pages = SECRETS // 500

    function.serve(dict(events.SWEEP_EVENT))
    first = dict(api.made)
    assert first == {"read": pages + 4 * WITH_VALUE, "write": WITH_VALUE}
    assert first["read"] < PER_MINUTE < QUOTA

    api.made.clear()
    cloud.advance(2 * DAY)
    function.serve(dict(events.SWEEP_EVENT))
    assert api.made == {"read": pages}
