"""Brings a value to every cloud that its secret lives on, so that in the end all of them have it, or none."""

import uuid
from collections.abc import Mapping
from contextlib import suppress

from keystead.functions.shared.redaction import Sensitive
from keystead.model.clouds import Cloud
from keystead.model.errors import CloudError
from keystead.operations.aws.store import Store as AwsStore
from keystead.operations.gcp.store import Store as GcpStore
from keystead.operations.mirrored import FOLLOWER, LEADER
from keystead.operations.places import title_of
from keystead.spec.environment import EnvironmentSpec


class Delivery:
    """One secret on its clouds, open for writing; nothing is written before every account was checked.

    On two clouds the follower holds the value first, where no reader looks; then it becomes current on the leading
    cloud, in one step that keeps the one before, and then on the follower. If the leader refuses, the follower gives
    the value up; if the follower fails after that, the rotator's sweep makes it follow.
    """

    def __init__(self, spec: EnvironmentSpec, name: str) -> None:
        clouds = spec.secrets[name].clouds
        self._spec = spec
        self._aws = AwsStore(spec, name) if "aws" in clouds else None
        self._gcp = GcpStore(spec, name) if "gcp" in clouds else None

    def require(self) -> None:
        """Refuse a secret that is not deployed on one of its clouds, or waits for its deletion there."""
        for store in (self._aws, self._gcp):
            if store is not None:
                store.require()

    def write(self, value: Sensitive) -> Mapping[Cloud, str]:
        """Make `value` the current one, keep the one before it as previous; return the new version on each cloud."""
        token = str(uuid.uuid4())
        if self._gcp is None and self._aws is not None:
            return {LEADER: self._aws.write(value, token)}
        if self._gcp is None:
            return {}
        self._gcp.stage(value, token)
        found: dict[Cloud, str] = {}
        if self._aws is not None:
            found[LEADER] = self._lead(self._aws, self._gcp, value, token)
        try:
            found[FOLLOWER] = self._gcp.finish(token)
        except CloudError as error:
            if self._aws is None:
                raise
            raise CloudError(
                f"{error} The value is current on {title_of(self._spec, LEADER)}; "
                f"{title_of(self._spec, FOLLOWER)} holds it too, and the rotator's sweep makes it current there within "
                "the hour."
            ) from None
        return found

    @staticmethod
    def _lead(aws: AwsStore, gcp: GcpStore, value: Sensitive, token: str) -> str:
        try:
            return aws.write(value, token)
        except CloudError:
            with suppress(CloudError):
                gcp.undo(token)
            raise
