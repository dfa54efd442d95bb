"""The policy pack in the daily work with stacks: what it stops, what it advises, what a waiver changes."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.landscape import ROOT, Finished, Sandbox, copied_project

BASE = {"owners": ["payments"], "aws": {"region": "us-east-1"}, "keys": {"data": {}}}
ACCOUNTS = {"dev": "111111111111", "prod": "333333333333"}
WAIVER = {
    "rule": "aws-key-can-be-recovered",
    "resource": "data",
    "owner": "payments",
    "ticket": "OPS-1432",
    "reason": "the key of the old shop ends this month",
    "until": "2199-12-31",
}
FINDING = "Key 'data': `deletionWindowInDays` is 7, at least 30 is required; raise `deletionWindowInDays`"


class Shop:
    """A small project on AWS alone, in two environments of the same tier, with the pack of this checkout."""

    def __init__(self, project: Path) -> None:
        self.sandbox = Sandbox(project / ".sandbox", project)
        for file in (project / "stacks").glob("*.yaml"):
            file.unlink()
        (project / "stacks" / "base.yaml").write_text(yaml.safe_dump(BASE))

    def declare(self, environment: str, **more: Any) -> None:
        """Write what an environment has beside the base."""
        spec = {"tier": "high", "aws": {"account": ACCOUNTS[environment]}, **more}
        config = {"pulumi:disable-default-providers": ["*"], "keystead:environment": spec}
        file = self.sandbox.project / "stacks" / f"Pulumi.{environment}.yaml"
        file.write_text(yaml.safe_dump({"config": config}))

    def up(self, *environments: str) -> Finished:
        chosen = [word for name in environments for word in ("--env", name)]
        return self.sandbox.run("python", "-m", "sandbox", "up", "--no-table", *chosen)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(copied_project(tmp_path_factory.mktemp("shop"), policies=True))
    for environment in ACCOUNTS:
        made.declare(environment)
    try:
        made.sandbox.up("--no-table")
        yield made
    finally:
        made.sandbox.down()


def test_a_change_that_breaks_a_rule_stops_up_in_production_and_is_advice_in_development(shop: Shop) -> None:
    for environment in ACCOUNTS:
        shop.declare(environment, keys={"data": {"deletion_window": "7d"}})
    done = shop.up("dev", "prod")
    assert done.code == 1
    assert "error: prod: the policy pack stopped the deployment" in done.output
    assert f"\n  {FINDING} (aws-key-can-be-recovered)\n" in done.output
    assert done.output.count(FINDING) == 1
    assert "\ndev: the policy pack advises on 1 point, listed in .sandbox/logs/up-dev.log\n" in done.output
    assert FINDING in (shop.sandbox.project / ".sandbox" / "logs" / "up-dev.log").read_text()
    key = shop.sandbox.client("prod", "kms").describe_key(KeyId="alias/prod/data")["KeyMetadata"]
    assert key["KeyState"] == "Enabled"


def test_a_waiver_lets_up_pass_until_its_day_and_one_that_waives_nothing_is_told(shop: Shop) -> None:
    relaxed = {"data": {"deletion_window": "7d"}}
    unused = {**WAIVER, "rule": "aws-key-rotates"}
    shop.declare("prod", keys=relaxed, waivers={"old-shop": WAIVER, "forgotten": unused})
    waived = shop.up("prod")
    assert waived.code == 0, waived.output
    listed = (shop.sandbox.project / ".sandbox" / "logs" / "up-prod.log").read_text()
    assert f"{FINDING} (waived until 2199-12-31 by payments, OPS-1432)" in listed
    assert "waiver 'forgotten' of payments (OPS-1432) waives nothing" in listed
    shop.declare("prod", keys=relaxed, waivers={"old-shop": {**WAIVER, "until": "2020-12-31"}})
    preview = shop.sandbox.run("pulumi", "preview", "-s", "prod", "--policy-pack", "policies")
    assert preview.code != 0
    assert f"{FINDING} (its waiver 'old-shop' ended on 2020-12-31)" in preview.output
    assert "waiver 'old-shop' of payments (OPS-1432) ended on 2020-12-31; correct the finding" in preview.output
    ended = shop.up("prod")
    assert ended.code == 1
    assert f"{FINDING} (its waiver 'old-shop' ended on 2020-12-31) (aws-key-can-be-recovered)" in ended.output


def test_a_pack_that_is_not_installed_is_said_in_one_line_before_anything_starts(shop: Shop, tmp_path: Path) -> None:
    project = copied_project(tmp_path / "shop")
    (project / "policies").mkdir()
    (project / "policies" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    done = Sandbox(project / ".sandbox", project).run("python", "-m", "sandbox", "up")
    assert (done.code, done.stdout) == (1, "")
    python = project / "policies" / ".venv" / "bin" / "python"
    assert done.output == f"error: the policy pack cannot start: there is no {python}; run `make install`\n"


def test_a_pack_that_breaks_at_its_start_is_said_in_one_line(shop: Shop) -> None:
    pack = shop.sandbox.project / "policies"
    pack.unlink()
    pack.mkdir()
    try:
        shutil.copy(ROOT / "policies" / "PulumiPolicy.yaml", pack)
        (pack / ".venv").symlink_to(ROOT / "policies" / ".venv")
        (pack / "__main__.py").write_text("import absent_package\n")
        done = shop.up("dev")
    finally:
        shutil.rmtree(pack)
        pack.symlink_to(ROOT / "policies")
    assert done.code == 1
    reason = "ModuleNotFoundError: No module named 'absent_package'; run `make install`"
    (told,) = [line for line in done.output.splitlines() if line.startswith("error: dev")]
    assert told.startswith(f"error: dev: the policy pack cannot start: {reason}; the full log is in ")
