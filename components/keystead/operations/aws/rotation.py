"""Has Secrets Manager rotate one secret now, and watches how it goes."""

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from keystead.functions.shared.events import EVENT_FIELD, ROTATION_FAILED
from keystead.functions.stores.aws_labels import CURRENT, PENDING, PREVIOUS, AwsLabels
from keystead.model.errors import CloudError
from keystead.operations.aws.failures import explained
from keystead.operations.aws.observation import ABSENT
from keystead.operations.aws.session import CALLS, open_session
from keystead.operations.rotation_request import Accepted, Outcome, failure_in
from keystead.spec.environment import EnvironmentSpec

INCOMPLETE = "InvalidRequestException"
"""What RotateSecret answers while AWSPENDING is on a version that is not the current one; it tries that one again."""


class AwsRotationRequest:
    """The request to rotate one secret whose rotation AWS leads."""

    def __init__(self, spec: EnvironmentSpec, name: str) -> None:
        self._environment = spec.environment
        self._stored_as = spec.scope("aws").secret_name(name)
        self._log_group = spec.scope("aws").rotator_log
        session = open_session(spec)
        self._client = session.client("secretsmanager", config=CALLS)
        self._logs = session.client("logs", config=CALLS)

    def displaces(self) -> bool:
        """Return whether a value is labelled previous; a rotation that has not finished is only continued."""
        labels = AwsLabels.of(self._described())
        return labels.bearer(PREVIOUS) is not None and labels.bearer(PENDING) in (None, labels.bearer(CURRENT))

    def submit(self) -> Accepted:
        """Start a rotation; where one has not finished, Secrets Manager is to try that one again."""
        labels = AwsLabels.of(self._described())
        current, pending = labels.bearer(CURRENT), labels.bearer(PENDING)
        with explained(self._environment, "secretsmanager:RotateSecret", "administrator"):
            try:
                answer = self._client.rotate_secret(SecretId=self._stored_as)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == INCOMPLETE and pending and pending != current:
                    return Accepted(before=current, wanted=pending, resumed=True)
                raise
        return Accepted(before=current, wanted=answer["VersionId"])

    def outcome(self, accepted: Accepted, since: datetime) -> Outcome:
        """Return whether the accepted version is current now, or what the rotator said of a failed try.

        Secrets Manager makes a first value current by itself, before it is verified (API reference, PutSecretValue);
        that rotation is over only when it has a date.
        """
        described = self._described()
        over = accepted.before is not None or described.get("LastRotatedDate") is not None
        if over and AwsLabels.of(described).bearer(CURRENT) == accepted.wanted:
            return Outcome(current=accepted.wanted)
        return Outcome(failure=self._failure(accepted, since))

    def advice(self, accepted: Accepted) -> str:
        """Say how to give up a rotation that cannot finish."""
        return (
            "Secrets Manager tries again by itself. To give this rotation up and begin a new one, take its label away "
            "first (a right the administrator role lacks): aws secretsmanager update-secret-version-stage "
            f"--secret-id {self._stored_as} --version-stage AWSPENDING --remove-from-version-id {accepted.wanted}. "
            f"What the rotator logged: aws logs tail {self._log_group} --since 1h"
        )

    def _described(self) -> dict[str, Any]:
        with explained(self._environment, "secretsmanager:DescribeSecret", "administrator"):
            try:
                described: dict[str, Any] = self._client.describe_secret(SecretId=self._stored_as)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ABSENT:
                    raise CloudError(
                        f"{self._environment}: the secret {self._stored_as} is not deployed. "
                        f"Bring it up first with: pulumi up -s {self._environment}"
                    ) from None
                raise
        return described

    def _failure(self, accepted: Accepted, since: datetime) -> str | None:
        """Return what the rotator logged of a failed step; nothing where the log may not be read."""
        start = int(since.timestamp() * 1000)
        pattern = f'{{ $.{EVENT_FIELD} = "{ROTATION_FAILED}" && $.secret = "{self._stored_as}" }}'
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._log_group, startTime=start, filterPattern=pattern
        )
        try:
            lines = [event["message"] for page in pages for event in page["events"]]
        except ClientError:
            return None
        return failure_in(lines, self._stored_as, accepted.wanted)
