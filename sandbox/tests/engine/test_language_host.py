import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc
from tests.observed import program_server

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRAM = """\
import os, sys, time
import pulumi

mode = pulumi.Config().require("mode")
print("printed by the program")
pulumi.export("stack", pulumi.get_stack())


class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Part", name)
        self.register_outputs({})


Part("part")
if mode == "raise":
    raise ValueError("the program's own error")
if mode == "run-error":
    raise pulumi.RunError("only this sentence")
if mode == "apply":
    pulumi.Output.from_input(1).apply(lambda _: {}["missing"])
if mode == "exit":
    sys.exit(7)
if mode == "parent":
    print(f"the parent is {os.getppid()}")
if mode == "sleep":
    open("program.pid", "w").write(str(os.getpid()))
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def program(project: Path, sandbox: Run) -> Path:
    (project / "stacks" / "__main__.py").write_text(PROGRAM)
    account = (
        "config: {'keystead:environment': {aws: {account: '000000000001', region: us-east-1}}, 'keystead:mode': ok}"
    )
    (project / "stacks" / "Pulumi.dev.yaml").write_text(account)
    done = sandbox("up", "--clouds-only")
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture
def up(program: Path, pulumi: Run) -> Run:
    def run(mode: str) -> subprocess.CompletedProcess[str]:
        return pulumi("up", "-s", "dev", "--yes", "--skip-preview", "-c", f"keystead:mode={mode}")

    return run


def test_a_program_runs_and_its_output_is_shown(up: Run, pulumi: Run) -> None:
    done = up("ok")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "printed by the program" in done.stdout
    assert "warning" not in (done.stdout + done.stderr).lower()
    assert json.loads(pulumi("stack", "output", "-s", "dev", "--json").stdout)["stack"] == "dev"


def test_a_program_is_a_copy_of_a_process_with_the_sdks_and_without_that_process_one_of_its_own(
    program: Path, up: Run, sandbox: Run
) -> None:
    server = program_server(program)
    assert f"the parent is {server}\n" in up("parent").stdout
    os.kill(server, signal.SIGKILL)
    alone = up("parent")
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert "the parent is " in alone.stdout
    assert f"the parent is {server}\n" not in alone.stdout
    assert sandbox("up", "--clouds-only").returncode == 0
    restarted = program_server(program)
    assert f"the parent is {restarted}\n" in up("parent").stdout


def test_an_error_fails_the_update_and_its_traceback_begins_in_the_program(up: Run) -> None:
    done = up("raise")
    assert done.returncode != 0
    assert done.stdout.count("ValueError: the program's own error") == 1
    assert done.stdout.count('  File "') == 1


def test_an_error_inside_apply_fails_the_update(up: Run) -> None:
    done = up("apply")
    assert done.returncode != 0
    assert done.stdout.count("KeyError: 'missing'") == 1


def test_a_run_error_shows_its_message_alone(up: Run) -> None:
    done = up("run-error")
    assert done.returncode != 0
    assert "error: only this sentence" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_exit_code_fails_the_update(up: Run) -> None:
    done = up("exit")
    assert done.returncode != 0
    assert "exit code 7" in done.stdout


def test_a_program_ends_with_the_engine(program: Path, pulumi: Run) -> None:
    command = "pulumi up -s dev --yes --skip-preview -c keystead:mode=sleep"
    script = f'eval "$({sys.executable} -m sandbox env)" && exec {command}'
    engine = subprocess.Popen(["sh", "-c", script], cwd=program, env=os.environ | {"PYTHONPATH": str(ROOT)},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    written = program / "stacks" / "program.pid"
    try:
        assert eventually(written.exists)
        pid = int(written.read_text())
    finally:
        engine.send_signal(signal.SIGKILL)
        engine.wait(timeout=30)
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert pulumi("cancel", "dev", "--yes").returncode == 0


@pytest.fixture
def host() -> Iterator[tuple[language_pb2_grpc.LanguageRuntimeStub, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "keystead_sandbox.engine.language_host", "127.0.0.1:1"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            yield language_pb2_grpc.LanguageRuntimeStub(channel), process
        process.kill()


Host = tuple[language_pb2_grpc.LanguageRuntimeStub, subprocess.Popen[str]]


def test_the_host_ends_when_the_engine_closes_its_input(host: Host) -> None:
    _, process = host
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("code", [0, 3])
def test_a_plugin_runs_with_its_arguments_and_tells_its_exit_code(host: Host, tmp_path: Path, code: int) -> None:
    body = f"import sys; print('out', *sys.argv[1:]); print('err', file=sys.stderr); sys.exit({code})"
    (tmp_path / "__main__.py").write_text(body)
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point=".")
    request = language_pb2.RunPluginRequest(pwd=str(tmp_path), args=["one", "two"], kind="resource", info=info)
    answers = list(host[0].RunPlugin(request, timeout=60))
    assert b"".join(answer.stdout for answer in answers) == b"out one two\n"
    assert b"".join(answer.stderr for answer in answers) == b"err\n"
    assert answers[-1].exitcode == code


def test_a_policy_pack_runs_under_the_sdks_own_host(host: Host, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "__main__.py").write_text("print('the pack runs')")
    info = language_pb2.ProgramInfo(root_directory=str(pack), program_directory=str(pack), entry_point=".")
    request = language_pb2.RunPluginRequest(pwd=str(tmp_path), args=["127.0.0.1:1"], kind="analyzer", info=info)
    answers = list(host[0].RunPlugin(request, timeout=60))
    assert b"".join(answer.stdout for answer in answers) == b"the pack runs\n"


def test_a_policy_pack_without_its_virtual_environment_is_said_in_one_line(host: Host, tmp_path: Path) -> None:
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point=".")
    info.options.update({"virtualenv": ".venv"})
    request = language_pb2.RunPluginRequest(pwd=str(tmp_path), args=["127.0.0.1:1"], kind="analyzer", info=info)
    answers = list(host[0].RunPlugin(request, timeout=60))
    python = tmp_path / ".venv" / "bin" / "python"
    told = f"the policy pack cannot start: there is no {python}; run `make install`\n"
    assert b"".join(answer.stderr for answer in answers).decode() == told
    assert answers[-1].exitcode == 1


def test_nothing_is_required_so_that_nothing_is_downloaded(host: Host) -> None:
    assert not host[0].GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(), timeout=60).packages


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()
