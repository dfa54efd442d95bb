"""Writes one value into Secrets Manager."""

from datetime import datetime

from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.aws_labels import PREVIOUS, AwsLabels
from keystead.model.errors import CloudError
from keystead.operations.aws.failures import explained
from keystead.operations.aws.session import CALLS, open_session
from keystead.spec.environment import EnvironmentSpec


class AwsValueStore:
    """One secret of one environment, open for writing; nothing is written before the account was checked."""

    def __init__(self, spec: EnvironmentSpec, name: str) -> None:
        self._environment = spec.environment
        self._name = name
        self._stored_as = spec.scope("aws").secret_name(name)
        session = open_session(spec)
        self._client = session.client("secretsmanager", config=CALLS)
        self._displaces = False

    def require(self) -> None:
        """Refuse a secret that is not deployed or waits for its deletion."""
        with explained(self._environment, "secretsmanager:DescribeSecret", "administrator"):
            try:
                described = self._client.describe_secret(SecretId=self._stored_as)
            except self._client.exceptions.ResourceNotFoundException:
                raise CloudError(
                    f"{self._environment}: the secret {self._stored_as} is not deployed. "
                    f"Bring it up first with: pulumi up -s {self._environment}"
                ) from None
        self._displaces = AwsLabels.of(described).bearer(PREVIOUS) is not None
        deleted: datetime | None = described.get("DeletedDate")
        if deleted is not None:
            raise CloudError(
                f"{self._environment}: the secret {self._stored_as} is in its recovery window until "
                f"{deleted:%Y-%m-%d}. Restore it first with: "
                f"keystead secret restore {self._name} --env {self._environment}"
            )

    def displaces(self) -> bool:
        """Return whether a value was labelled previous when the secret was looked at."""
        return self._displaces

    def write(self, value: Sensitive, token: str) -> str:
        """Make `value` the current one, keep the one before it as previous, and return the new version's id, `token`.

        With a token of its own, a repeated call is the same call (API reference, PutSecretValue).
        """
        with explained(self._environment, "secretsmanager:PutSecretValue", "administrator"):
            answer = self._client.put_secret_value(
                SecretId=self._stored_as, ClientRequestToken=token, SecretString=value.reveal()
            )
        return str(answer["VersionId"])
