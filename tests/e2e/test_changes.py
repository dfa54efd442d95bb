"""Changes of a live environment on both clouds, whose readers read all the while."""

import copy
import json
import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import ended, small_project
from tests.e2e.landscape import Sandbox
from tests.e2e.reading import Readers

SPEC: dict[str, Any] = {
    "tier": "low",
    "owners": ["shop"],
    "aws": {"account": "555555555556", "region": "us-east-1"},
    "gcp": {"project": "acme-live", "number": "555555555556", "location": "europe-west3"},
    "keys": {
        "data": {"purpose": "secrets of the shop"},
        "books": {"purpose": "secrets of the ledger"},
        "tokens": {"use": "sign", "purpose": "tokens of the shop"},
    },
    "secrets": {
        "till-key": {"purpose": "opens the till", "key": "data", "readers": {"shop": {}}},
        "door-key": {"purpose": "opens the door", "key": "data", "clouds": ["gcp"], "readers": {"shop": {}}},
    },
}
Edit = Callable[[dict[str, Any]], object]
Declare = Callable[..., None]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = small_project(tmp_path_factory.mktemp("live"), {"live": SPEC})
    with ended(Sandbox(project / ".sandbox", project)) as sandbox:
        sandbox.up("--no-table")
        yield sandbox


@pytest.fixture(scope="module")
def readers(sandbox: Sandbox) -> Readers:
    return Readers(sandbox, "live", on_aws=["till-key"], on_gcp=["till-key", "door-key"])


@pytest.fixture(scope="module")
def declare(sandbox: Sandbox) -> Declare:
    """Write the environment's stack file anew, with changes of what is declared at the beginning."""
    file = sandbox.project / "stacks" / "Pulumi.live.yaml"

    def declared(*edits: Edit) -> None:
        spec = copy.deepcopy(SPEC)
        for edit in edits:
            edit(spec)
        stack = {"config": {"pulumi:disable-default-providers": ["*"], "keystead:environment": spec}}
        file.write_text(yaml.safe_dump(stack))

    return declared


def moved(spec: dict[str, Any]) -> None:
    """Every secret is under another key, and there is one more key."""
    spec["keys"]["stock"] = {"use": "sign", "purpose": "tokens of the stock", "clouds": ["aws"]}
    for secret in spec["secrets"].values():
        secret["key"] = "books"


def test_readers_read_throughout_while_their_secrets_move_to_another_key(
    sandbox: Sandbox, readers: Readers, declare: Declare
) -> None:
    before = {name: set(values) for name, values in readers.once().items()}
    declare(moved)
    with readers.meanwhile():
        sandbox.must("pulumi", "up", "-s", "live", "--yes", "--skip-preview")
    assert readers.failures == []
    assert readers.once() == before
    for secret in SPEC["secrets"]:
        sandbox.must("keystead", "rotate", secret, "--env", "live")
    assert readers.failures == []
    assert all(len(values) == 2 for values in readers.once().values())
    assert [one["state"] for one in sandbox.status("live")["secrets"]] == ["overlap", "overlap"]


REFUSED: dict[str, Edit] = {
    "keys.tokens.use": lambda spec: spec["keys"]["tokens"].update(use="mac"),
    "keys.data.hsm": lambda spec: spec["keys"]["data"].update(hsm=True),
    "keys.books.replicas": lambda spec: spec["keys"]["books"].update(replicas=["us-west-2"]),
    "secrets.door-key.replicas": lambda spec: spec["gcp"].update(replicas=["europe-west1"]),
}
"""What neither cloud can change, by the place that is named."""


def test_what_a_cloud_cannot_change_is_refused_before_anything_is_touched(sandbox: Sandbox, declare: Declare) -> None:
    def everything(spec: dict[str, Any]) -> None:
        for change in REFUSED.values():
            change(spec)
        spec["keys"]["data"]["purpose"] = "something else"

    declare(everything)
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        refused = sandbox.run("pulumi", *command, "-s", "live")
        assert refused.code != 0
        for place in REFUSED:
            assert f"keystead:environment.{place}: is " in refused.output, refused.output
        assert "nothing was changed" in refused.output
    declare(moved)
    sandbox.must("pulumi", "preview", "-s", "live", "--refresh", "--expect-no-changes")


def test_a_key_that_the_spec_says_to_replace_is_replaced_on_aws(sandbox: Sandbox, declare: Declare) -> None:
    kms = sandbox.client("live", "kms")
    before = kms.describe_key(KeyId="alias/live/stock")["KeyMetadata"]["KeyId"]
    declare(moved, lambda spec: spec["keys"]["stock"].update(use="mac", replace=True))
    sandbox.must("pulumi", "up", "-s", "live", "--yes", "--skip-preview")
    after = kms.describe_key(KeyId="alias/live/stock")["KeyMetadata"]
    assert (after["KeyUsage"], after["KeyId"] != before) == ("GENERATE_VERIFY_MAC", True)
    assert kms.describe_key(KeyId=before)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_key_that_is_about_to_be_deleted_is_brought_back_as_told_and_no_second_one_is_made(
    sandbox: Sandbox, readers: Readers, declare: Declare
) -> None:
    declare(moved, lambda spec: spec["keys"].pop("stock"))
    kms = sandbox.client("live", "kms")
    key = kms.describe_key(KeyId="alias/live/books")["KeyMetadata"]["KeyId"]
    keys = {one["KeyId"] for one in kms.list_keys()["Keys"]}
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    refused = sandbox.run("pulumi", "up", "-s", "live", "--yes", "--skip-preview", "--refresh")
    assert refused.code != 0
    assert "keystead:environment.keys.books: its KMS key is to be deleted on " in refused.output
    cancel = f"aws kms cancel-key-deletion --key-id {key} --region us-east-1"
    assert cancel in refused.output, refused.output
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    refused = sandbox.run("pulumi", "up", "-s", "live", "--yes", "--skip-preview")
    assert "a refresh has dropped it from the stack's state" in refused.output, refused.output
    (told,) = {" ".join(line.split()) for line in re.findall(r"`(pulumi import [^`]*)`", refused.output)}
    sandbox.must(*shlex.split(told))
    sandbox.must("pulumi", "up", "-s", "live", "--yes", "--skip-preview")
    assert {one["KeyId"] for one in kms.list_keys()["Keys"]} == keys
    readers.failures.clear()
    readers.once()
    assert readers.failures == []
    sandbox.must("pulumi", "preview", "-s", "live", "--refresh", "--expect-no-changes")


TRUSTED = ["arn:aws:iam::555555555556:user/deployer"]


def hand_over(spec: dict[str, Any]) -> None:
    """Every field that is changed in place on either cloud, at once."""
    moved(spec)
    spec.update(owners=["market"], colour="blue", tier="standard", alerts={"emails": ["oncall@acme.example"]})
    spec["aws"]["shared"] = spec["gcp"]["shared"] = True
    spec["restrictions"] = {
        "lease": {"expires": "2099-12-31"},
        "nights": {"hours": {"days": "Mon-Sun", "from": "01:00", "to": "06:00", "zone": "UTC"}},
        "desk": {"cidrs": ["203.0.113.0/24"]},
    }
    for key in spec["keys"].values():
        key.update(purpose="something else", protected=True, deletion_window="20d")
    spec["keys"]["data"].update(
        rotation="100d",
        users=["arn:aws:iam::555555555556:role/batch", "serviceAccount:live-shop@acme-live.iam.gserviceaccount.com"],
        administrators=["arn:aws:iam::555555555556:role/keeper"],
    )
    for secret in spec["secrets"].values():
        secret.update(purpose="something else", owner="market", recovery_window="9d", protected=True)
        secret["readers"] = {"shop": {"restriction": "lease"}, "keeper": {"restriction": {"gcp": "nights"}}}
        secret["rotation"] = {"every": "50d", "overlap": "9d", "shape": {"alphabet": "hex", "prefix": "x_"}}
    spec["secrets"]["till-key"]["readers"]["keeper"] = {"trust": TRUSTED, "restriction": {"aws": "desk"}}
    spec["secrets"]["door-key"]["expires"] = "2099-12-31"
    grant = {"principal": "arn:aws:iam::555555555556:role/live-auditor", "operations": ["Decrypt"]}
    spec["keys"]["data"]["grants"] = {"backup": grant}
    spec["roles"] = {role: {"trust": TRUSTED} for role in ("administrators", "auditors", "break_glass")}


def hand_over_again(spec: dict[str, Any]) -> None:
    """What a cloud changes by a successor that is there before the old one goes."""
    spec["restrictions"]["lease"]["expires"] = "2098-12-31"
    spec["restrictions"]["nights"]["hours"]["zone"] = "Europe/Berlin"
    spec["restrictions"]["desk"]["cidrs"] = ["198.51.100.0/24"]
    spec["keys"]["data"]["grants"]["backup"]["operations"] = ["Decrypt", "Encrypt"]


def made(sandbox: Sandbox) -> set[str]:
    """The ids of all keys and secrets in the stack's state."""
    state = json.loads(sandbox.must("pulumi", "stack", "export", "-s", "live"))
    kinds = ("kms/key:Key", "kms/cryptoKey:CryptoKey", "secretmanager/secret:Secret")
    return {one["id"] for one in state["deployment"]["resources"] if one["type"].endswith(kinds)}


def test_what_is_changed_in_place_replaces_no_key_and_no_secret_and_readers_read_throughout(
    sandbox: Sandbox, readers: Readers, declare: Declare
) -> None:
    readers.values.clear()
    before = {name: set(values) for name, values in readers.once().items()}
    ids = made(sandbox)
    declare(hand_over)
    with readers.meanwhile():
        sandbox.must("pulumi", "up", "-s", "live", "--yes", "--skip-preview")
        declare(hand_over, hand_over_again)
        sandbox.must("pulumi", "up", "-s", "live", "--yes", "--skip-preview")
    assert readers.failures == []
    assert readers.once() == before
    assert made(sandbox) >= ids
