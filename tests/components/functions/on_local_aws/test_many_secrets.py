"""The sweep of a thousand secrets on the local AWS: a page of the list for each hundred."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.rotator import strategies
from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.stores.aws import AwsSecretStore
from tests.local_aws.conftest import LocalAccount, start

DAY = 86400
SECRETS, OVER, OTHERS = 1000, 5, 30
SETTINGS = SecretSettings("manual", 90 * DAY, 30 * DAY)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    running = start(tmp_path_factory.mktemp("many"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def names(account: LocalAccount) -> list[str]:
    """A thousand secrets with a value, some with a previous one as well, beside those of another environment."""
    store = account.client("secretsmanager")
    names = [f"prod/service-{number:04}" for number in range(SECRETS)]
    for name in [*names, *(f"dev/service-{number:04}" for number in range(OTHERS))]:
        store.create_secret(Name=name, SecretString="brought")
    for name in names[:OVER]:
        store.put_secret_value(SecretId=name, SecretString="brought again")
    return names


def swept(account: LocalAccount, names: list[str], later: dt.timedelta) -> tuple[Any, Counter[str]]:
    """What a sweep reports, as long after now, and the calls it made by operation."""
    client = account.client("secretsmanager")
    made: Counter[str] = Counter()
    client.meta.events.register("before-call.secrets-manager", lambda model, **_: made.update([model.name]))
    store = AwsSecretStore(client)
    entries = dict.fromkeys(names, SETTINGS)
    rotators = {name: strategies.build(SETTINGS, Path()) for name in names}
    sweep = Sweep(store, rotators, entries, RotationWorkflow(store, rotators))
    return sweep.run(dt.datetime.now(dt.UTC) + later), made


def test_a_sweep_of_a_thousand_secrets_reads_a_page_for_each_hundred_and_what_is_over(
    account: LocalAccount, names: list[str]
) -> None:
    report, made = swept(account, names, dt.timedelta(days=1))
    assert (report.looked, report.retired, made) == (SECRETS, 0, {"ListSecrets": SECRETS // 100})

    report, made = swept(account, names, dt.timedelta(days=31))
    assert (report.looked, report.retired) == (SECRETS, OVER)
    looks = {"DescribeSecret": 2 * OVER, "ListSecretVersionIds": OVER}
    assert made == {"ListSecrets": SECRETS // 100, **looks, "UpdateSecretVersionStage": OVER}
