"""What a new user meets after `make up`: three environments, plain Pulumi, and clear words where it goes wrong."""

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.e2e.conftest import User
from tests.e2e.gcp_project import GcpProject
from tests.e2e.landscape import ENVIRONMENTS, MESH, OFFICE

BROUGHT = "brought-by-a-person-4Kd8Wq1Zs6Xv"


@pytest.fixture(scope="module")
def user(full_landscape: User) -> User:
    return full_landscape


@pytest.fixture
def stack_file(user: User, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The stack file of the environment a test names, restored afterwards."""
    file = user.sandbox.project / "stacks" / f"Pulumi.{request.param}.yaml"
    before = file.read_text()
    yield file
    file.write_text(before)


def test_up_ends_with_a_table_per_environment_of_keys_secrets_readers_and_rotations(user: User) -> None:
    tables, _, _ = user.printed.partition("Try next:\n")
    places = [tables.index(f"{name.upper()}  tier ") for name in ENVIRONMENTS]
    assert places == sorted(places)
    parts = [tables[start:end] for start, end in zip(places, [*places[1:], len(tables)], strict=True)]
    for name, part in zip(ENVIRONMENTS, parts, strict=True):
        told = user.shown[name]
        assert len(told["keys"]) >= 3
        assert len(told["secrets"]) >= 8
        for one in (*told["keys"], *told["secrets"]):
            assert one["name"] in part
        for secret in told["secrets"]:
            for moment in (secret["last_rotation"], secret["next_rotation"]):
                assert moment is None or moment[:10] in part
            assert any(secret["name"] in line and secret["readers"][0]["name"] in line for line in part.splitlines())
        assert any(secret["state"] == "waiting" for secret in told["secrets"])
        assert "waits for" in part


def test_every_environment_passes_the_policy_pack_and_production_without_a_waiver(user: User) -> None:
    project = user.sandbox.project
    for environment in ENVIRONMENTS:
        told = (project / ".sandbox" / "logs" / f"up-{environment}.log").read_text()
        assert "keystead@v" in told
        assert "[mandatory]" not in told
    assert "waivers" not in (project / "stacks" / "Pulumi.prod.yaml").read_text()
    preview = user.sandbox.run("pulumi", "preview", "-s", "prod", "--policy-pack", "policies", "--expect-no-changes")
    assert preview.code == 0, preview.output
    assert "keystead@v" in preview.output
    assert "[mandatory]" not in preview.output


def test_up_again_changes_nothing_and_without_a_terminal_nothing_is_coloured(user: User) -> None:
    again = user.sandbox.run(sys.executable, "-m", "sandbox", "up", "--env", "dev")
    assert again.code == 0, again.output
    assert "\x1b" not in user.printed + again.output
    assert again.output.count(" resources, none changed") == 1


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_value_is_brought_by_an_administrator_and_by_nobody_less(
    user: User, tmp_path: Path, environment: str
) -> None:
    sandbox = user.sandbox
    put = ("keystead", "secret", "put", "card-processor-key", "--env", environment)
    for role in ("auditor", "payments-gateway-reader"):
        refused = sandbox.run(*sandbox.acting(environment, role, tmp_path), *put, given=BROUGHT)
        assert refused.code == 1
        assert "access denied: these credentials may not call secretsmanager:" in refused.output
    waiting = {one["name"]: one["state"] for one in sandbox.status(environment)["secrets"]}
    assert waiting["card-processor-key"] == "waiting"

    printed = sandbox.must(*sandbox.acting(environment, "administrator", tmp_path), *put, given=BROUGHT)
    assert BROUGHT not in printed
    reader = sandbox.outputs(environment)["roles"]["payments-gateway-reader"]
    address = OFFICE if environment == "dev" else MESH
    assert sandbox.read(environment, reader, "card-processor-key", address) == BROUGHT
    told = {one["name"]: one["state"] for one in sandbox.status(environment)["secrets"]}
    assert (told["card-processor-key"], told["email-provider-key"]) == ("current", "waiting")


def test_refresh_finds_what_was_changed_behind_its_back_and_up_puts_it_right(user: User) -> None:
    sandbox = user.sandbox
    secrets = sandbox.client("dev", "secretsmanager")
    declared = secrets.describe_secret(SecretId="dev/payments-api-key")["Description"]
    secrets.update_secret(SecretId="dev/payments-api-key", Description="changed by hand")
    found = sandbox.run("pulumi", "refresh", "-s", "dev", "--preview-only", "--expect-no-changes", "--diff")
    assert found.code != 0
    assert "changed by hand" in found.output
    sandbox.must("pulumi", "refresh", "-s", "dev", "--yes", "--skip-preview")
    sandbox.must("pulumi", "up", "-s", "dev", "--yes", "--skip-preview")
    assert secrets.describe_secret(SecretId="dev/payments-api-key")["Description"] == declared


@pytest.mark.parametrize("stack_file", ["dev"], indirect=True)
def test_a_broken_spec_is_told_once_without_a_traceback_before_anything_changes(user: User, stack_file: Path) -> None:
    sandbox = user.sandbox
    text = stack_file.read_text()
    stack_file.write_text(text.replace("tier: low", "tier: lowe").replace("payments-api-key:", "late-key:", 1))
    told = (
        "keystead:environment.tier: found 'lowe'; must be one of low, standard, high, critical; did you mean 'low'?",
        "keystead:environment.secrets.late-key.purpose: is required",
    )
    before = sandbox.client("dev", "secretsmanager").list_secrets()["SecretList"]
    plain = ("--non-interactive", "--color", "never", "--suppress-progress")
    for command in (
        (sys.executable, "-m", "sandbox", "up", "--env", "dev"),
        ("pulumi", "up", "-s", "dev", "--yes", "--skip-preview", *plain),
        ("pulumi", "preview", "-s", "dev", *plain),
    ):
        shown = sandbox.run(*command)
        assert shown.code != 0
        assert [shown.output.count(line) for line in told] == [1, 1], shown.output
        assert "Traceback" not in shown.output
    assert sandbox.client("dev", "secretsmanager").list_secrets()["SecretList"] == before


@pytest.mark.parametrize("stack_file", ["prod"], indirect=True)
def test_an_environment_that_is_to_move_to_another_account_is_refused_before_anything_is_made(
    user: User, stack_file: Path
) -> None:
    sandbox, gcp = user.sandbox, GcpProject(user.sandbox, "prod")
    trusted = f"/v1/projects/{gcp.id}/locations/global/workloadIdentityPools/prod-keystead/providers/aws-rotator"

    def found() -> tuple[Any, Any]:
        return sandbox.client("prod", "kms").list_aliases()["Aliases"], gcp.ok("GET", trusted)

    before, declared = found(), stack_file.read_text()
    stack_file.write_text(declared.replace('account: "333333333333"', 'account: "999999999999"'))
    for command in (("preview", "-s", "prod"), ("up", "-s", "prod", "--yes", "--skip-preview")):
        refused = sandbox.run("pulumi", *command)
        assert refused.code != 0
        assert "aws.account: is 999999999999 and was 333333333333" in refused.output
        assert "Traceback" not in refused.output
    assert found() == before
    put = sandbox.run("keystead", "secret", "put", "card-processor-key", "--env", "prod", given=BROUGHT)
    assert put.code == 1
    assert "999999999999" in put.output
    stack_file.write_text(declared)
    sandbox.must("pulumi", "up", "-s", "prod", "--yes", "--skip-preview")


@pytest.mark.parametrize("stack_file", ["staging"], indirect=True)
def test_a_name_in_its_recovery_window_comes_back_with_its_value_as_printed(user: User, stack_file: Path) -> None:
    sandbox, declared = user.sandbox, stack_file.read_text()
    up = ("pulumi", "up", "-s", "staging", "--yes", "--skip-preview")
    role = sandbox.outputs("staging")["roles"]["finance-desk-reader"]
    before = sandbox.read("staging", role, "ledger-reading-token", MESH)
    document = yaml.safe_load(declared)
    document["config"]["keystead:environment"]["secrets"]["ledger-reading-token"] = None
    stack_file.write_text(yaml.safe_dump(document))
    sandbox.must(*up)
    stack_file.write_text(declared)
    refused = sandbox.run(*up)
    assert refused.code != 0
    name = "staging/ledger-reading-token"
    assert f"the deleted secret '{name}' still holds this name in its recovery window" in refused.output
    assert "bring it back as `keystead status` says" in refused.output
    assert "Traceback" not in refused.output
    status = sandbox.status("staging")
    told = {one["name"]: one["state"] for one in status["secrets"]}
    assert told["ledger-reading-token"] == "deleting"
    (advice,) = [command for command in status["to_do"] if "ledger-reading-token" in command]
    assert advice == "keystead secret restore ledger-reading-token --env staging"
    restored = sandbox.must(*shlex.split(advice))
    assert restored.startswith(f"{name}: restored. Its stack takes it over with:\n")
    taken_over, last = restored.splitlines()[1:]
    assert last == "pulumi up -s staging"
    sandbox.must(*shlex.split(taken_over))
    sandbox.must(*up)
    sandbox.must("pulumi", "preview", "-s", "staging", "--expect-no-changes")
    assert sandbox.read("staging", role, "ledger-reading-token", MESH) == before


def test_commands_for_programs_print_one_json_document(user: User) -> None:
    sandbox = user.sandbox
    for command in (
        (sys.executable, "-m", "sandbox", "status", "--json"),
        (sys.executable, "-m", "sandbox", "advance", "1m", "--json"),
        ("keystead", "status", "--json"),
        ("keystead", "check", "--json"),
        ("keystead", "schema"),
        ("pulumi", "stack", "output", "--json", "-s", "dev"),
    ):
        json.loads(sandbox.must(*command))


def test_only_loopback_is_listened_on_by_every_process(user: User) -> None:
    user.sandbox.client("dev", "lambda").invoke(FunctionName="dev-rotator", Payload=b'{"action": "sweep"}')
    roots = [psutil.Process(entry["pid"]) for entry in user.sandbox.registered()]
    family = {process for root in roots for process in (root, *root.children(recursive=True))}
    assert len(family) > len(set(roots)), "no Lambda worker was looked at"
    sockets = [socket for process in family for socket in process.net_connections("inet")]
    open_to = [str(socket.laddr[0]) for socket in sockets if socket.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)]
    assert {address.removeprefix("::ffff:") for address in open_to} == {"127.0.0.1"}
