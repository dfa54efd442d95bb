"""A secret on both clouds: AWS's rules lead, Secret Manager follows, one service is told of the values."""

import contextlib
import datetime as dt

from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationStep, RotationWorkflow
from keystead.functions.shared.errors import FunctionError
from keystead.functions.stores.gcp import GcpSecretStore
from keystead.functions.stores.mirrored import MirroredSecretStore
from keystead.functions.stores.store import portable

from tests.components.functions.fake_secret_manager import NAME, NUMBER, FakeSecretManager
from tests.components.functions.memory import SECRET, Crash, Kill, MemoryStore, ServiceRotator, World

DAY = 86400
SETTINGS = SecretSettings("service", every=90 * DAY, overlap=30 * DAY, follower=NAME)


class MirroredSecret:
    """Both stores, and what must hold of them at every moment."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.leader = MemoryStore(world)
        self.leader.first_is_current = True
        self.follower = FakeSecretManager(world)
        self.service = ServiceRotator(world)
        store = MirroredSecretStore(self.leader, GcpSecretStore(self.follower, NUMBER, self.pass_time), {SECRET: NAME})
        self.store = store
        strategies = {SECRET: self.service}
        self.rotation = RotationWorkflow(store, strategies)
        self._sweep = Sweep(store, strategies, {SECRET: SETTINGS}, self.rotation)

    def pass_time(self, seconds: float) -> None:
        self.world.now += dt.timedelta(seconds=seconds)

    def steps(self, token: str) -> None:
        """What Secrets Manager calls for, and calls for again after a failure."""
        for step in RotationStep:
            self.rotation.step(step, SECRET, token)

    def rotate(self, token: str) -> None:
        self.pass_time(3600)
        self.leader.begin(token)
        self.steps(token)

    def sweep(self) -> None:
        self._sweep.run(self.world.now)

    def survive(self, act: object) -> None:
        """Let a try die or fail."""
        assert callable(act)
        with contextlib.suppress(Crash, Kill, FunctionError):
            act()

    def values(self, label: str) -> tuple[str | None, str | None]:
        """What readers of AWS and of GCP get."""
        return self.leader.value(self.leader.bearer(label)), self.follower.value(label)

    def age(self, value: str | None) -> int:
        """The place of a value in the order in which they were made; -1 for none."""
        return -1 if value is None else self.service.issued.index(value)

    def assert_safe(self) -> None:
        """Whoever reads gets a value that works, and nothing is retired before both have a newer one."""
        leading, following = self.values("current")
        for value in (leading, following):
            assert value is None or value in self.service.accepted
        newer = min(self.age(leading), self.age(following))
        assert all(self.age(refused) < newer for refused in self.service.refused)
        for value in self.values("previous"):
            assert value is None or value in self.service.accepted | self.service.refused

    def assert_same(self) -> None:
        """Both hold the same values under the same labels."""
        self.assert_safe()
        for label in ("current", "previous"):
            leading, following = self.values(label)
            assert leading == following, label
            token = self.leader.bearer(label)
            assert self.follower.aliases.get(label) == self.follower.aliases.get(portable(token) if token else "")

    def add_gcp(self) -> None:
        """Put the secret on GCP as `up` makes it there: without any version."""
        self.follower.aliases, self.follower.versions, self.follower.data = {}, {}, {}
        self.follower.changes += 1
