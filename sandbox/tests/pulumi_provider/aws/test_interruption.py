"""An engine or a plugin that dies in the middle leaves nothing behind that the next update does not take up."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from keystead_sandbox.pulumi_provider.aws import cloud as aws
from keystead_sandbox.pulumi_provider.aws.life import AwsLife
from keystead_sandbox.pulumi_provider.aws.sessions import Sessions
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES
from keystead_sandbox.pulumi_provider.checking import check
from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.journal import MOST_LINES, Entry, Journal
from keystead_sandbox.pulumi_provider.plugin import Request
from tests.pulumi_provider.aws.cases import TRUST
from tests.pulumi_provider.aws.conftest import Local
from tests.pulumi_provider.engine_side import EngineSide, RefusedError
from tests.pulumi_provider.local_sandbox import STACK

KEY = "aws:kms/key:Key"
QUEUE = "aws:sqs/queue:Queue"
ROLE = "aws:iam/role:Role"
SECRET = "aws:secretsmanager/secret:Secret"


def _living_keys(local: Local, description: str) -> list[str]:
    client = local.client("kms")
    keys = [client.describe_key(KeyId=entry["KeyId"])["KeyMetadata"] for entry in client.list_keys()["Keys"]]
    return [key["KeyId"] for key in keys if key["Description"] == description and key["KeyState"] == "Enabled"]


def test_a_create_whose_answer_was_lost_is_taken_up_and_not_doubled(engine: EngineSide, local: Local) -> None:
    first = engine.create(KEY, "lost", {"description": "lost answer"})
    again = engine.create(KEY, "lost", {"description": "lost answer"})
    assert again.id == first.id
    assert again.state == first.state
    assert _living_keys(local, "lost answer") == [first.id]
    engine.delete(again)


def test_what_is_taken_up_gets_what_is_declared_now(engine: EngineSide, local: Local) -> None:
    first = engine.create(KEY, "edited", {"description": "before"})
    again = engine.create(KEY, "edited", {"description": "after", "enableKeyRotation": True})
    assert again.id == first.id
    assert again.state["enableKeyRotation"] is True
    assert _living_keys(local, "after") == [first.id]
    engine.delete(again)


def test_what_cannot_become_what_is_declared_now_is_removed(engine: EngineSide, local: Local) -> None:
    first = engine.create(KEY, "changed", {"description": "changed"})
    again = engine.create(
        KEY, "changed", {"description": "changed", "keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "ECC_NIST_P256"}
    )
    assert again.id != first.id
    assert _living_keys(local, "changed") == [again.id]
    engine.delete(again)


@pytest.mark.parametrize("acknowledge", ["diff", "read"])
def test_an_answer_the_engine_knows_is_never_taken_up(engine: EngineSide, acknowledge: str) -> None:
    first = engine.create(KEY, f"replaced by {acknowledge}", {"description": acknowledge})
    if acknowledge == "diff":
        engine.diff(first, {"description": acknowledge})
    else:
        engine.read(first)
    replacement = engine.create(KEY, f"replaced by {acknowledge}", {"description": acknowledge})
    assert replacement.id != first.id
    engine.delete(first)
    engine.delete(replacement)


def test_a_named_resource_whose_answer_was_lost_does_not_already_exist(engine: EngineSide) -> None:
    inputs = {"name": "lost-role", "assumeRolePolicy": TRUST}
    first = engine.create(ROLE, "lost-role", inputs)
    again = engine.create(ROLE, "lost-role", {**inputs, "description": "found again"})
    assert again.id == first.id
    assert again.state["description"] == "found again"
    assert again.state["uniqueId"] == first.state["uniqueId"]
    engine.delete(again)


def test_somebody_elses_resource_of_the_same_name_is_never_adopted(engine: EngineSide, local: Local) -> None:
    local.client("iam").create_role(RoleName="foreign", AssumeRolePolicyDocument=TRUST)
    for _ in range(2):
        with pytest.raises(RefusedError, match=r"'foreign-role': iam:CreateRole: EntityAlreadyExists: .*foreign"):
            engine.create(ROLE, "foreign-role", {"name": "foreign", "assumeRolePolicy": TRUST})
    local.client("iam").delete_role(RoleName="foreign")


def test_a_create_that_fails_halfway_is_recorded_and_finished_by_the_next_update(
    engine: EngineSide, local: Local
) -> None:
    local.client("sts").get_caller_identity()
    declared = {"name": "half/made", "recoveryWindowInDays": 0, "policy": json.dumps({"Statement": "nonsense"})}
    with pytest.raises(RefusedError, match="PutResourcePolicy: MalformedPolicyDocument") as refusal:
        engine.create(SECRET, "half", declared)
    assert refusal.value.partial is not None
    resource_id, state = refusal.value.partial
    assert resource_id.startswith("arn:aws:secretsmanager")
    assert "policy" not in state
    made = engine.imported(SECRET, "half", resource_id)
    made.state, made.inputs = state, declared
    mended = {"name": "half/made", "recoveryWindowInDays": 0, "description": "mended"}
    assert engine.update(made, mended).state["description"] == "mended"
    engine.delete(made)


def test_two_creates_of_one_resource_at_once_make_one(connect: Callable[..., EngineSide], local: Local) -> None:
    made = []
    engines = [connect(), connect()]
    threads = [
        threading.Thread(
            target=lambda engine=engine: made.append(engine.create(KEY, "twice", {"description": "twice"}))
        )
        for engine in engines
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert made[0].id == made[1].id
    assert _living_keys(local, "twice") == [made[0].id]
    engines[0].delete(made[0])


def test_a_secret_in_its_recovery_window_offers_to_restore_it(engine: EngineSide, local: Local) -> None:
    made = engine.create(SECRET, "windowed", {"name": "windowed", "recoveryWindowInDays": 7})
    engine.delete(made)
    with pytest.raises(
        RefusedError, match=r"InvalidRequestException.*keystead status.*delete-secret --secret-id windowed"
    ):
        engine.create(SECRET, "windowed-again", {"name": "windowed"})
    local.client("secretsmanager").delete_secret(SecretId="windowed", ForceDeleteWithoutRecovery=True)


def test_a_plugin_that_died_before_the_answer_finds_its_own_key_again(local: Local, tmp_path: Path) -> None:
    session = Sessions(local.place.registry).open(STACK, {"region": "us-east-1"})
    urn = f"urn:pulumi:{STACK}::keystead-test::{KEY}::died"
    declared = {"description": "died", "tags": {"owner": "payments"}}
    inputs, _ = check(RESOURCES.find(KEY), "died", declared, {}, b"seed")

    def life() -> AwsLife:
        return aws.live(RESOURCES.find(KEY), session, Request("peer", urn, inputs=inputs))

    older, other, lost = life(), life(), life()
    older.make()
    journal = Journal(tmp_path / "journal.json")
    journal.intend(urn, [older.identify()])
    other.make()
    journal.made(f"{urn}-other", other.identify())
    journal.recorded(f"{urn}-other", other.identify())
    lost.make()
    found, _ = life().create(Journal(tmp_path / "journal.json"), urn)
    assert found == lost.identify()
    assert set(_living_keys(local, "died")) == {older.identify(), other.identify(), found}


def test_a_create_whose_engine_has_ended_before_its_turn_makes_nothing(local: Local, tmp_path: Path) -> None:
    session = Sessions(local.place.registry).open(STACK, {"region": "us-east-1"})
    urn = f"urn:pulumi:{STACK}::keystead-test::{KEY}::late"
    life = aws.live(RESOURCES.find(KEY), session, Request("peer", urn, inputs={"description": "late"}))
    with pytest.raises(ProviderError, match="the engine that asked for it has ended"):
        life.create(Journal(tmp_path / "journal.json"), urn, lambda: False)
    assert _living_keys(local, "late") == []


def test_the_journal_survives_the_plugin_and_forgets_what_the_engine_knows(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.json")
    journal.intend("urn:a", [])
    journal.made("urn:a", "id-1")
    entry = Journal(tmp_path / "journal.json").find("urn:a")
    assert entry is not None
    assert entry.id == "id-1"
    journal.recorded("urn:a", "another id")
    assert journal.find("urn:a") is not None
    journal.recorded("urn:a", "id-1")
    assert Journal(tmp_path / "journal.json").find("urn:a") is None
    assert (tmp_path / "journal.json").stat().st_mode & 0o077 == 0


def test_the_journal_takes_no_notice_of_a_line_that_a_killed_plugin_did_not_finish(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    Journal(path).intend("urn:a", ["id-0"])
    with path.open("a") as file:
        file.write('{"urn": "urn:b", "ent')
    journal = Journal(path)
    assert (journal.find("urn:a"), journal.find("urn:b")) == (Entry(before=("id-0",)), None)
    journal.made("urn:a", "id-1")
    assert Journal(path).find("urn:a") == Entry("id-1")


def test_the_journal_grows_by_a_line_for_each_change_and_never_beyond_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    journal = Journal(path)
    journal.intend("urn:0", [])
    before = path.stat().st_size
    journal.made("urn:0", "id-0")
    assert before < path.stat().st_size < 3 * before
    for number in range(MOST_LINES):
        journal.intend(f"urn:{number}", [])
        journal.made(f"urn:{number}", f"id-{number}")
        journal.recorded(f"urn:{number}", f"id-{number}")
    assert len(path.read_text().splitlines()) <= MOST_LINES + 5
    assert Journal(path).claimed() == frozenset()
