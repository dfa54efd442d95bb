"""Writes one value into Secret Manager, through the rotator's own store."""

from keystead.functions.shared.redaction import Sensitive
from keystead.functions.stores.gcp import GcpSecretStore
from keystead.functions.stores.gcp_labels import CURRENT
from keystead.operations.gcp.failures import explained
from keystead.operations.gcp.rotation import labels_now
from keystead.operations.gcp.session import open_session
from keystead.spec.environment import EnvironmentSpec

ADMINISTRATOR = "administrator"


class GcpValueStore:
    """One secret of one environment, open for writing; nothing is written before the project was checked."""

    def __init__(self, spec: EnvironmentSpec, name: str) -> None:
        scope = spec.scope("gcp")
        self._spec = spec
        self._name = name
        self._stored_as = scope.secret_name(name)
        self._path = f"v1/{scope.secret_path(name)}"
        self._session = open_session(spec)
        self._store = GcpSecretStore(self._session, scope.number)

    def require(self) -> None:
        """Refuse a secret that is not deployed."""
        labels_now(self._session, self._spec, self._name)

    def stage(self, value: Sensitive, token: str) -> None:
        """Bring the value under the pending label, where no reader looks."""
        seen = labels_now(self._session, self._spec, self._name).state(enabled=True)
        with explained(self._spec, "secretmanager.versions.add", ADMINISTRATOR):
            self._store.write(self._stored_as, token, value, seen)

    def finish(self, token: str) -> str:
        """Make the staged value the current one, keep the one before it as previous, and return its version."""
        current = labels_now(self._session, self._spec, self._name).bearer(CURRENT)
        with explained(self._spec, "secretmanager.secrets.update", ADMINISTRATOR):
            self._store.promote(self._stored_as, token, current)
        return labels_now(self._session, self._spec, self._name).numbers[CURRENT]

    def undo(self, token: str) -> None:
        """Take a staged value out of reach again; the rotator's sweep destroys what is disabled and has no label."""
        number = labels_now(self._session, self._spec, self._name).number(token)
        with explained(self._spec, "secretmanager.secrets.update", ADMINISTRATOR):
            self._store.discard(self._stored_as, token)
            self._session.call("POST", "secretmanager", f"{self._path}/versions/{number}:disable", {})
