"""Every type of the GCP table, through the interface the engine uses."""

from collections.abc import Iterator

import pytest
from keystead_sandbox.pulumi_provider.gcp.table import RESOURCES
from tests.pulumi_provider.engine_side import EngineSide, Made
from tests.pulumi_provider.every_type import Case, EveryType, Inputs
from tests.pulumi_provider.gcp.cases import CASES, Ground


@pytest.fixture(params=CASES, ids=lambda case: case.type)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def declared(case: Case, ground: Ground) -> Inputs:
    return case.inputs(ground)


@pytest.fixture
def made(case: Case, engine: EngineSide, declared: Inputs) -> Iterator[Made]:
    made = engine.create(case.type, "subject", declared)
    yield made
    engine.delete(made)


class TestEveryTypeOfGcp(EveryType):
    """What holds for every type."""

    table, cases = RESOURCES, CASES
