"""What is remembered of running clouds, and what is wanted of them."""

import json
import os
from pathlib import Path

import pytest
from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.host.clouds import _intact, _wanted
from keystead_sandbox.host.environments import AwsAccount, Environment, GcpProject
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.processes import Process, Starting
from keystead_sandbox.host.registry import Cloud, Plugin, Registry

ACCOUNT, PROJECT = AwsAccount("000000000001", "us-east-1"), GcpProject("acme-dev", "100000000001", "us-east1")


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    clouds = {
        home.cloud: Cloud(home, "https://127.0.0.1:1", "http://127.0.0.1:2", Process(7, "then"), "abc")
        for home in (ACCOUNT, PROJECT)
    }
    saved = Registry({"dev": clouds, "prod": {"gcp": clouds["gcp"]}}, Plugin(Process(8, "then"), {"aws": 3}, "def"))
    saved.save(tmp_path / "sandbox.json")
    assert Registry.load(tmp_path / "sandbox.json") == saved


def test_what_an_older_checkout_wrote_is_no_registry(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text(json.dumps({"version": 1, "stacks": {"dev": {"account": "000000000001"}}}))
    assert Registry.load(tmp_path / "sandbox.json") == Registry()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "stacks": {"dev": {"gcp": {}}}, "provider": {}}'])
def test_a_damaged_registry_says_how_to_start_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "sandbox.json").write_text(text)
    with pytest.raises(SandboxError, match=r"sandbox\.json is damaged; run `make clean` and then `make up`"):
        Registry.load(tmp_path / "sandbox.json")


def test_environments_that_share_a_home_share_its_process() -> None:
    dev, dev_eu = (Environment(name, "green", "low", ACCOUNT, PROJECT) for name in ("dev", "dev-eu"))
    assert list(_wanted([dev, dev_eu])) == ["aws-000000000001", "gcp-acme-dev"]


def test_one_project_with_two_numbers_is_refused() -> None:
    other = GcpProject("acme-dev", "100000000004", "us-east1")
    environments = [Environment("dev", "green", "low", None, PROJECT), Environment("prod", "red", "low", None, other)]
    told = "GCP project acme-dev has the number 100000000001 in one stack file and 100000000004 in another"
    with pytest.raises(SandboxError, match=told):
        _wanted(environments)


def test_where_one_cloud_of_an_environment_has_died_the_other_one_and_its_sharers_end(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path)
    place.prepare()
    started = Starting("aws-000000000001", ["sleep", "600"], place.logs, tmp_path, {})
    living = {
        home: Cloud(home, "", "", Process.of(os.getpid()), "")
        for home in (AwsAccount("000000000002", "us-east-1"), GcpProject("acme-eu", "100000000002", "us-east1"))
    }
    shared, dead = Cloud(ACCOUNT, "", "", started.process, ""), Cloud(PROJECT, "", "", Process(1, "long ago"), "")
    mail, eu = living.values()
    clouds = {"dev": {"aws": shared, "gcp": dead}, "dev-eu": {"aws": shared, "gcp": eu}, "mail": {"aws": mail}}
    told: list[str] = []
    try:
        assert _intact(place, clouds, {}, told.append) == {"mail": {"aws": mail}}
    finally:
        started._process.kill()
        started._process.wait()
    assert not shared.process.alive()
    assert [line.partition(" ends")[0] for line in told] == ["aws-000000000001 of dev", "gcp-acme-eu of dev-eu"]
