"""The Secrets Manager adapter: what it sends, and how it reads AWS's answers and refusals."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from keystead.functions.shared.errors import LabelMovedError
from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.aws import CLIENT_CONFIG, AwsSecretStore
from keystead.functions.stores.store import SecretState

NAME = "prod/payments-api-key"
ARN = f"arn:aws:secretsmanager:us-east-1:000000000003:secret:{NAME}-a1B2c3"
OLD, NEW = "1" * 32, "2" * 32
SEEN = SecretState(enabled=True, versions=frozenset((OLD, NEW)), current=OLD, previous=None, pending=NEW)
DAY = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


class Setup:
    def __init__(self) -> None:
        session = botocore.session.Session()
        session.set_credentials("AKIAEXAMPLE", "example")
        self.client = session.create_client("secretsmanager", region_name="us-east-1", config=CLIENT_CONFIG)
        self.aws = Stubber(self.client)
        self.store = AwsSecretStore(self.client)

    def refuse(self, operation: str, code: str) -> None:
        self.aws.add_client_error(operation, service_error_code=code)

    def answer(self, operation: str, answer: dict[str, Any], **request: object) -> None:
        self.aws.add_response(operation, answer, {"SecretId": NAME} | request)


@pytest.fixture
def setup() -> Iterator[Setup]:
    setup = Setup()
    with setup.aws:
        yield setup
        setup.aws.assert_no_pending_responses()
    setup.client.close()


def test_the_state_is_read_from_the_labels_of_all_versions(setup: Setup) -> None:
    stages = {OLD: ["AWSPREVIOUS"], NEW: ["AWSCURRENT", "AWSPENDING"]}
    setup.answer("describe_secret", {"RotationEnabled": True, "VersionIdsToStages": stages})
    state = setup.store.state(NAME)
    assert (state.enabled, state.versions) == (True, frozenset((OLD, NEW)))
    assert (state.previous, state.current, state.pending) == (OLD, NEW, NEW)


def test_a_new_secret_has_neither_versions_nor_rotation(setup: Setup) -> None:
    setup.answer("describe_secret", {"Name": NAME})
    state = setup.store.state(NAME)
    assert (state.enabled, state.versions, state.current, state.pending) == (False, frozenset(), None, None)


def test_a_pending_version_without_value_reads_as_none(setup: Setup) -> None:
    setup.refuse("get_secret_value", "ResourceNotFoundException")
    assert setup.store.read(NAME, NEW) is None


def test_a_value_is_read_by_version_alone(setup: Setup) -> None:
    setup.answer("get_secret_value", {"SecretString": "canary"}, VersionId=NEW)
    assert setup.store.read(NAME, NEW) == Sensitive("canary")


def test_a_binary_value_reads_as_base64(setup: Setup) -> None:
    setup.answer("get_secret_value", {"SecretBinary": b"\x00\xff"}, VersionId=NEW)
    assert setup.store.read(NAME, NEW) == Sensitive("AP8=")


def test_a_value_is_put_under_the_token_as_pending(setup: Setup) -> None:
    request = {"ClientRequestToken": NEW, "SecretString": "canary", "VersionStages": ["AWSPENDING"]}
    setup.answer("put_secret_value", {}, **request)
    assert setup.store.write(NAME, NEW, Sensitive("canary"), SEEN)


def test_a_value_that_a_parallel_try_has_put_stays(setup: Setup) -> None:
    setup.refuse("put_secret_value", "ResourceExistsException")
    assert not setup.store.write(NAME, NEW, Sensitive("canary"), SEEN)


def test_the_first_promotion_takes_the_label_from_nobody(setup: Setup) -> None:
    setup.answer("update_secret_version_stage", {}, VersionStage="AWSCURRENT", MoveToVersionId=NEW)
    setup.store.promote(NAME, NEW, None)


def test_a_promotion_names_the_version_it_takes_the_label_from(setup: Setup) -> None:
    request = {"VersionStage": "AWSCURRENT", "MoveToVersionId": NEW, "RemoveFromVersionId": OLD}
    setup.answer("update_secret_version_stage", {}, **request)
    setup.store.promote(NAME, NEW, OLD)


def test_a_promotion_of_a_label_that_has_moved_is_refused(setup: Setup) -> None:
    setup.refuse("update_secret_version_stage", "InvalidParameterException")
    with pytest.raises(LabelMovedError, match="prod/payments-api-key: AWSCURRENT has moved meanwhile"):
        setup.store.promote(NAME, NEW, OLD)


def test_a_discarded_version_loses_the_pending_label(setup: Setup) -> None:
    setup.answer("update_secret_version_stage", {}, VersionStage="AWSPENDING", RemoveFromVersionId=NEW)
    setup.store.discard(NAME, NEW)


def test_retiring_takes_the_previous_label_off(setup: Setup) -> None:
    setup.answer("update_secret_version_stage", {}, VersionStage="AWSPREVIOUS", RemoveFromVersionId=OLD)
    setup.store.retire(NAME, OLD)


def test_retiring_what_is_retired_is_no_error(setup: Setup) -> None:
    setup.refuse("update_secret_version_stage", "InvalidParameterException")
    setup.store.retire(NAME, OLD)


@pytest.mark.parametrize(
    ("rotated", "since"),
    [(None, DAY), (DAY - dt.timedelta(days=1), DAY), (DAY + dt.timedelta(days=3), DAY + dt.timedelta(days=3))],
    ids=["never rotated", "put by hand since", "rotated long after the value was made"],
)
def test_a_version_is_current_since_the_later_of_its_creation_and_the_last_rotation(
    rotated: dt.datetime | None, since: dt.datetime, setup: Setup
) -> None:
    labels = {"VersionIdsToStages": {OLD: ["AWSPREVIOUS"], NEW: ["AWSCURRENT"]}}
    setup.answer("describe_secret", {**labels, **({"LastRotatedDate": rotated} if rotated else {})})
    first = {"VersionId": OLD, "CreatedDate": DAY - dt.timedelta(days=90)}
    second = {"VersionId": NEW, "CreatedDate": DAY}
    setup.answer("list_secret_version_ids", {"Versions": [first], "NextToken": "more"}, MaxResults=100)
    setup.answer("list_secret_version_ids", {"Versions": [second]}, MaxResults=100, NextToken="more")
    assert setup.store.current_since(NAME) == since


def test_without_a_current_version_there_is_no_since(setup: Setup) -> None:
    setup.answer("describe_secret", {"VersionIdsToStages": {NEW: ["AWSPENDING"]}})
    pending = {"VersionId": NEW, "CreatedDate": DAY}
    setup.answer("list_secret_version_ids", {"Versions": [pending, {"VersionId": OLD}]}, MaxResults=100)
    assert setup.store.current_since(NAME) is None


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "DecryptionFailure"])
def test_what_the_adapter_does_not_know_how_to_read_stays_an_error(code: str, setup: Setup) -> None:
    setup.refuse("get_secret_value", code)
    setup.refuse("put_secret_value", code)
    setup.refuse("update_secret_version_stage", code)
    setup.refuse("update_secret_version_stage", code)
    calls: list[Callable[[], object]] = [
        lambda: setup.store.read(NAME, NEW),
        lambda: setup.store.write(NAME, NEW, Sensitive("canary"), SEEN),
        lambda: setup.store.promote(NAME, NEW, OLD),
        lambda: setup.store.retire(NAME, OLD),
    ]
    for act in calls:
        with pytest.raises(ClientError, match=code):
            act()


def test_throttled_calls_are_retried_a_bounded_number_of_times() -> None:
    assert CLIENT_CONFIG.retries == {"mode": "standard", "total_max_attempts": 4}
    attempts = CLIENT_CONFIG.retries["total_max_attempts"]
    assert attempts * (CLIENT_CONFIG.connect_timeout + CLIENT_CONFIG.read_timeout) < 60


def test_the_list_is_read_a_hundred_at_a_time_and_only_under_the_names_of_the_environment(setup: Setup) -> None:
    other, dates = "prod/another-key", {"CreatedDate": DAY, "LastRotatedDate": DAY + dt.timedelta(days=3)}
    entry = {
        "Name": NAME,
        "SecretVersionsToStages": {OLD: ["AWSPREVIOUS"], NEW: ["AWSCURRENT"]},
        "RotationEnabled": True,
    }
    asked = {"Filters": [{"Key": "name", "Values": ["prod/"]}], "MaxResults": 100}
    first = {"SecretList": [{**entry, **dates}, {"Name": "prod/of-somebody-else"}], "NextToken": "more"}
    setup.aws.add_response("list_secrets", first, asked)
    setup.aws.add_response("list_secrets", {"SecretList": [{"Name": other}]}, {**asked, "NextToken": "more"})
    found = setup.store.listed({NAME, other, "prod/not-there"})
    assert set(found) == {NAME, other}
    assert (found[NAME].state.current, found[NAME].state.previous, found[NAME].state.enabled) == (NEW, OLD, True)
    assert (found[NAME].since, found[NAME].untidy) == (DAY + dt.timedelta(days=3), False)
    assert (found[other].state.current, found[other].since) == (None, None)


def test_a_value_put_by_hand_is_listed_as_old_as_its_secret_and_never_younger_than_it_is(setup: Setup) -> None:
    entry = {"Name": NAME, "SecretVersionsToStages": {NEW: ["AWSCURRENT"]}, "CreatedDate": DAY}
    setup.aws.add_response("list_secrets", {"SecretList": [entry]})
    assert setup.store.listed({NAME})[NAME].since == DAY
