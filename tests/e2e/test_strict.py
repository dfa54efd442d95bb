"""The whole first journey in a strict sandbox, where rights, roles and services take effect late, as on real clouds."""

import os
import sys
from collections.abc import Iterator

import pytest

from tests.e2e import specs
from tests.e2e.conftest import ended, small_project
from tests.e2e.gcp_project import GcpProject
from tests.e2e.landscape import ELSEWHERE, Finished, Sandbox

SHOP = specs.environment(
    {
        "aws": {"account": "999999999999", "region": "us-east-1"},
        "gcp": {"project": "acme-first", "number": "999999999999", "location": "europe-west3"},
    },
    {
        "till-key": {**specs.secret("opens the till", {"cashier": {}}), "clouds": ["aws"]},
        "door-key": {**specs.secret("opens the door", {"keeper": {}}), "clouds": ["gcp"]},
        "safe-key": specs.secret("opens the safe", {"cashier": {"clouds": ["aws"]}, "keeper": {"clouds": ["gcp"]}}),
    },
)


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = small_project(tmp_path_factory.mktemp("strict"), {"shop": SHOP})
    with ended(Sandbox(project / ".sandbox", project)) as made:
        yield made


def up(sandbox: Sandbox, *options: str) -> Finished:
    return sandbox.run(sys.executable, "-m", "sandbox", "up", "--no-table", "--owner-pid", str(os.getpid()), *options)


def values(sandbox: Sandbox, gcp: GcpProject) -> dict[str, str]:
    """What the readers of each cloud read now."""
    cashier = sandbox.outputs("shop")["roles"]["cashier-reader"]
    keeper = gcp.impersonate(gcp.outputs["roles"]["keeper-reader"])
    on_aws = {name: sandbox.read("shop", cashier, name, ELSEWHERE) for name in ("till-key", "safe-key")}
    return {f"aws {name}": value for name, value in on_aws.items()} | {
        f"gcp {name}": gcp.access(name, keeper).body for name in ("door-key", "safe-key")
    }


def test_the_first_up_the_first_rotation_and_a_second_up_without_change_where_rights_take_effect_late(
    sandbox: Sandbox,
) -> None:
    first = up(sandbox, "--strict")
    assert first.code == 0, first.output
    log = (sandbox.directory / "logs" / "up-shop.log").read_text()
    assert "retrying create due to on-error hook request" in log
    assert "rotator: waiting up to 120 s for the rights of its build" in log
    sandbox.enter()
    gcp = GcpProject(sandbox, "shop")

    sandbox.sandbox("advance", "10m")
    before = values(sandbox, gcp)
    assert before["aws safe-key"] == before["gcp safe-key"]
    for name in ("till-key", "door-key", "safe-key"):
        sandbox.must("keystead", "rotate", name, "--env", "shop")
    after = values(sandbox, gcp)
    assert after["aws safe-key"] == after["gcp safe-key"]
    assert [name for name in before if before[name] == after[name]] == []

    again = up(sandbox, "--strict")
    assert (again.code, "none changed" in again.output) == (0, True), again.output
    mixed = up(sandbox)
    assert (mixed.code, "the sandbox that runs is strict" in mixed.output) == (1, True), mixed.output
