"""The archive as it is deployed to AWS: its own code and role, called by Secrets Manager and by the sweep's event."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keystead.functions.rotator.settings import CloudSettings, RotatorSettings, SecretSettings
from keystead.functions.shared import events
from keystead.packaging.archive import Archive
from keystead.packaging.rotator import archive_with
from tests.local_aws.conftest import ACCOUNT, REGION, LocalAccount, allow, start, trusting
from tests.local_process import until

from tests.components.functions.shapes import shape

DAY = 86400
FUNCTION, SECRET = "prod-rotator", "prod/payments-api-key"
SETTINGS = RotatorSettings(
    environment="prod",
    cloud=CloudSettings(ACCOUNT, REGION),
    secrets={SECRET: SecretSettings("random", 90 * DAY, 30 * DAY, shape("canary_"))},
)
ROTATES = [
    f"secretsmanager:{action}"
    for action in (
        "DescribeSecret",
        "GetSecretValue",
        "ListSecretVersionIds",
        "ListSecrets",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    )
]


class Deployed:
    """The rotator's function and its one secret."""

    def __init__(self, account: LocalAccount, archive: Archive) -> None:
        self._account = account
        self._functions = account.client("lambda")
        self._store = account.client("secretsmanager")
        logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        role = account.role("prod-rotator", allow([*ROTATES, *logs]), trust=trusting("lambda.amazonaws.com"))
        made = self._functions.create_function(
            FunctionName=FUNCTION,
            Runtime="python3.13",
            Role=role,
            Handler=archive.handler,
            Code={"ZipFile": Path(archive.path).read_bytes()},
            Timeout=60,
        )
        self.sha256 = made["CodeSha256"]
        self._functions.add_permission(
            FunctionName=FUNCTION,
            StatementId="rotate",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
            SourceAccount=ACCOUNT,
        )
        self._store.create_secret(Name=SECRET)
        self._store.rotate_secret(
            SecretId=SECRET, RotationLambdaARN=made["FunctionArn"], RotationRules={"AutomaticallyAfterDays": 90}
        )

    def rotated(self) -> bool:
        """Whether a rotation has finished."""
        return "LastRotatedDate" in self._store.describe_secret(SecretId=SECRET)

    def bearer(self, label: str) -> str | None:
        labels = self._store.describe_secret(SecretId=SECRET).get("VersionIdsToStages", {})
        return next((version for version, given in labels.items() if label in given), None)

    def value(self) -> str:
        return str(self._store.get_secret_value(SecretId=SECRET)["SecretString"])

    def advance(self, seconds: float) -> None:
        self._account.advance(seconds)

    def sweep(self) -> dict[str, Any]:
        event = json.dumps(dict(events.SWEEP_EVENT)).encode()
        answer = self._functions.invoke(FunctionName=FUNCTION, Payload=event, LogType="Tail")
        assert "FunctionError" not in answer, base64.b64decode(answer["LogResult"])
        found: dict[str, Any] = json.load(answer["Payload"])
        return found

    def logged(self) -> list[dict[str, Any]]:
        return self._account.logged(FUNCTION)


@pytest.fixture
def own_account(tmp_path: Path) -> Iterator[LocalAccount]:
    running = start(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def deployed(own_account: LocalAccount, tmp_path: Path) -> Deployed:
    return Deployed(own_account, archive_with(SETTINGS, "aws", tmp_path / "archives"))


def test_the_deployed_function_makes_a_first_value_rotates_it_retires_it_and_logs_none(deployed: Deployed) -> None:
    first = until(lambda: deployed.bearer("AWSCURRENT") if deployed.rotated() else None)
    assert deployed.value().startswith("canary_")
    deployed.advance(91 * DAY)
    until(lambda: deployed.bearer("AWSPREVIOUS") == first and deployed.bearer("AWSCURRENT") != first)
    assert deployed.sweep()["retired"] == 0
    deployed.advance(31 * DAY)
    assert deployed.sweep() == {"late": 0, "due": 0, "waiting": 0, "retired": 1}
    assert deployed.bearer("AWSPREVIOUS") is None
    lines = deployed.logged()
    assert {line["step"] for line in lines if line.get("event") == events.STEP_DONE} == {
        *("create", "apply", "verify", "finish")
    }
    assert [line for line in lines if line.get("event") == events.ROTATION_FAILED] == []
    assert "canary_" not in json.dumps(lines)


def test_the_hash_that_lambda_reports_is_the_archives(deployed: Deployed, tmp_path: Path) -> None:
    assert deployed.sha256 == archive_with(SETTINGS, "aws", tmp_path / "again").sha256
