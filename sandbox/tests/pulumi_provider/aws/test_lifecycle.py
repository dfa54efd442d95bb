"""Every type of the AWS table, through the interface the engine uses."""

from collections.abc import Callable, Iterator

import pytest
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES
from keystead_sandbox.pulumi_provider.wire import ARCHIVE, SIGNATURE
from tests.pulumi_provider.aws.cases import CASES, Ground
from tests.pulumi_provider.engine_side import EngineSide, Made
from tests.pulumi_provider.every_type import Case, EveryType, Inputs


@pytest.fixture(scope="module")
def ground(connect: Callable[..., EngineSide], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    directory = tmp_path_factory.mktemp("code")
    (directory / "main.py").write_text("def handle(event, context):\n    return event\n")
    ground = Ground(connect(), {SIGNATURE: ARCHIVE, "path": str(directory), "hash": "a"})
    yield ground
    ground.close()


@pytest.fixture(params=CASES, ids=lambda case: case.type)
def case(request: pytest.FixtureRequest, ground: Ground) -> Iterator[Case]:
    found: Case = request.param
    yield found
    ground.renew(*found.fresh)


@pytest.fixture
def declared(case: Case, ground: Ground) -> Inputs:
    return case.inputs(ground)


@pytest.fixture
def made(case: Case, engine: EngineSide, declared: Inputs) -> Iterator[Made]:
    made = engine.create(case.type, "subject", declared)
    yield made
    engine.delete(made)


class TestEveryTypeOfAws(EveryType):
    """What holds for every type."""

    table, cases = RESOURCES, CASES
