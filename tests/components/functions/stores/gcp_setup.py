"""The rotation core over Secret Manager's store, the fake cloud below it and a service that is told of each value."""

import dataclasses
import datetime as dt
from collections.abc import Callable

from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.stores.gcp import GcpSecretStore

from tests.components.functions.fake_secret_manager import NAME, NUMBER, FakeSecretManager
from tests.components.functions.memory import ServiceRotator, World


@dataclasses.dataclass
class Setup:
    world: World
    cloud: FakeSecretManager
    store: GcpSecretStore
    service: ServiceRotator
    rotation: RotationWorkflow
    pass_time: Callable[[float], None]

    def run(self, token: str, **ago: float) -> str | None:
        """A message published so long ago."""
        self.world.now += dt.timedelta(minutes=1)
        return self.rotation.run(NAME, token, self.world.now - dt.timedelta(**ago))

    def assert_valid(self) -> None:
        assert self.cloud.value("current") in self.service.accepted
        previous = self.cloud.value("previous")
        assert previous is None or previous in self.service.accepted | self.service.refused

    def tidy(self, *, unattended: bool = True) -> None:
        self.world.now += dt.timedelta(hours=2)
        self.store.tidy(NAME, unattended=unattended)


def build(world: World) -> Setup:
    cloud, service = FakeSecretManager(world), ServiceRotator(world)

    def pause(seconds: float) -> None:
        world.now += dt.timedelta(seconds=seconds)

    store = GcpSecretStore(cloud, NUMBER, pause)
    return Setup(world, cloud, store, service, RotationWorkflow(store, {NAME: service}, pause), pause)
