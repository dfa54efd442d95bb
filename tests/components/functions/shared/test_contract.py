"""The settings in the bundle: written canonically, read strictly."""

import json
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.shared import contract
from keystead.functions.shared.errors import SettingsError

SETTINGS = contract.RotatorSettings(
    environment="prod",
    cloud=contract.CloudSettings(account="000000000003", region="us-east-1"),
    secrets={
        "prod/webhook": contract.SecretSettings("random", 7776000, 2592000, contract.Shape(prefix="wh_")),
        "prod/card-processor": contract.SecretSettings("manual", 7776000, 0),
        "prod/gateway": contract.SecretSettings(
            "external",
            *(7776000, 0),
            mirror="prod-gateway",
            external=contract.External("rotators/gateway", "GatewayKeys", {"url": "https://gateway.example"}),
        ),
    },
    mirror=contract.MirrorSettings("acme-prod", "300000000003", "//iam.googleapis.com/projects/300000000003/x"),
)


def edited(*path: str, value: object = None, delete: bool = False) -> bytes:
    document: dict[str, Any] = json.loads(contract.dump(SETTINGS))
    place = document
    for key in path[:-1]:
        place = place[key]
    if delete:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document).encode()


def test_what_was_dumped_is_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / contract.SETTINGS_FILE
    file.write_bytes(contract.dump(SETTINGS))
    assert contract.load(file) == contract.load(contract.dump(SETTINGS)) == SETTINGS


def test_equal_settings_are_equal_bytes_in_whatever_order_they_were_built() -> None:
    turned = contract.RotatorSettings(
        environment="prod",
        cloud=SETTINGS.cloud,
        secrets=dict(reversed(list(SETTINGS.secrets.items()))),
        mirror=SETTINGS.mirror,
    )
    assert contract.dump(turned) == contract.dump(SETTINGS)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"{", "settings are not JSON"),
        (b"[]", "settings: expected an object, found list"),
        (edited("colour", value="red"), "settings: RotatorSettings has fields .* unknown or missing: \\['colour'\\]"),
        (edited("cloud", delete=True), "unknown or missing: \\['cloud'\\]"),
        (edited("environment", value=""), "settings.environment: must not be empty"),
        (edited("cloud", "account", value=3), "settings.cloud.account: expected text, found int"),
        (edited("secrets", value=[]), "settings.secrets: expected an object, found list"),
        (edited("secrets", "prod/webhook", "every", value="90d"), "webhook.every: expected a whole number, found str"),
        (edited("secrets", "prod/webhook", "every", value=True), "webhook.every: expected a whole number, found bool"),
        (edited("secrets", "prod/webhook", "every", value=60), "webhook: overlap 2592000 s must be .* less than every"),
        (edited("secrets", "prod/webhook", "overlap", value=-1), "webhook: overlap -1 s must be at least 0"),
        (edited("secrets", "prod/webhook", "shape", "length", value=42), "shape: length 42 is outside 43 to 4096"),
        (edited("secrets", "prod/webhook", "shape", "length", value=4097), "shape: length 4097 is outside 43 to 4096"),
        (edited("secrets", "prod/webhook", "shape", "alphabet", value="emoji"), "'emoji' is not one of alphanumeric"),
        (edited("secrets", "prod/webhook", "shape", "prefix", delete=True), "unknown or missing: \\['prefix'\\]"),
        (edited("secrets", "prod/webhook", "mirror", value=None), "webhook.mirror: expected text, found NoneType"),
        (edited("secrets", "prod/webhook", "service_account", delete=True), "missing: \\['service_account'\\]"),
        (
            edited("secrets", "prod/gateway", "external", "module", value="../x"),
            "external: module '../x' is not the path",
        ),
        (edited("secrets", "prod/gateway", "external", "strategy", value="a b"), "external: strategy 'a b' is not the"),
        (
            edited("secrets", "prod/gateway", "external", "settings", "url", value=3),
            "settings.url: expected text, found",
        ),
        (edited("cloud", "number", delete=True), "unknown or missing: \\['number'\\]"),
        (edited("mirror", "audience", value=""), "settings.mirror.audience: must not be empty"),
        (edited("mirror", value=None), "settings: secrets on both clouds need mirror settings: prod/gateway"),
    ],
)
def test_settings_that_break_the_contract_are_refused_by_name(document: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        contract.load(document)


@pytest.mark.parametrize(
    ("alphabet", "length"), [("alphanumeric", 43), ("hex", 64), ("base64url", 43), ("printable", 40)]
)
def test_the_least_length_is_the_first_that_carries_256_bits(alphabet: str, length: int) -> None:
    size = len(set(contract.ALPHABETS[alphabet]))
    assert contract.least_length(alphabet) == length
    assert size ** (length - 1) < 2**256 <= size**length
