import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from keystead_sandbox.common.errors import SandboxError
from keystead_sandbox.engine import build as engine_build
from keystead_sandbox.engine import engine


def command(directory: Path, name: str, body: str) -> Path:
    directory.mkdir(exist_ok=True)
    file = directory / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty PATH, cache and home."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(engine, "REACHABLE", "raise SystemExit(1)")
    (tmp_path / "tools").mkdir()
    return tmp_path / "tools"


@pytest.mark.parametrize("version", ["v3.259.0", "v3.260.1", "v3.300.0-alpha.1"])
def test_a_recent_pulumi_on_the_path_is_taken(tools: Path, version: str) -> None:
    pulumi = command(tools, "pulumi", f"echo {version}")
    assert engine.find(print) == pulumi


@pytest.mark.parametrize("version", ["v3.258.9", "v2.400.0", "v4.0.0", "nonsense"])
def test_another_pulumi_on_the_path_is_named_and_passed_over(tools: Path, version: str) -> None:
    command(tools, "pulumi", f"echo {version}")
    command(tools, "go", 'while [ "$1" != -o ]; do shift; done; echo built > "$2"')
    told: list[str] = []
    assert engine.find(told.append) == engine.cache() / "pulumi"
    assert any(version.removeprefix("v") in line and engine.VERSION in line for line in told)


def test_the_sandboxs_own_command_is_never_taken_for_an_engine(tools: Path) -> None:
    command(tools, "pulumi", f"{engine.WRAPPER}\necho v3.259.0")
    command(tools, "go", "exit 1")
    with pytest.raises(SandboxError, match="not built"):
        engine.find(print)


def test_a_built_engine_is_kept_for_every_checkout(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command(tools, "go", 'while [ "$1" != -o ]; do shift; done; echo built > "$2"')
    first = engine.find(print)
    command(tools, "go", "exit 1")
    monkeypatch.setattr(engine, "REACHABLE", "raise AssertionError")
    assert engine.find(print) == first
    assert first.read_text() == "built\n"


def test_a_download_that_hangs_is_given_up_and_touches_no_home(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        engine, "REACHABLE", "import pathlib, time; (pathlib.Path.home() / 'x').touch(); time.sleep(60)"
    )
    monkeypatch.setattr(engine, "PROBE_SECONDS", 1)
    command(tools, "go", "exit 1")
    with pytest.raises(SandboxError, match="not built"):
        engine.find(print)
    assert not (tools.parent / "home").exists()
    assert [file.name for file in engine.cache().iterdir()] == ["lock"]


def test_what_the_sdk_installs_is_taken(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "REACHABLE", "pass")
    monkeypatch.setattr(
        engine, "INSTALL", "import os, sys; os.makedirs(sys.argv[1] + '/bin'); open(sys.argv[1] + '/bin/pulumi', 'w')"
    )
    assert engine.find(print) == engine.cache() / "download" / "bin" / "pulumi"


FAILURES = {
    "echo 'write /x: no space left on device' >&2": ("the disk is full", "free 3 GB"),
    "echo 'go: go.mod requires go >= 1.25.11 (running go 1.19.8)' >&2": ("Go is too old", "install Go 1.25.11"),
    "echo 'go: x: dial tcp: lookup proxy: no such host' >&2": ("proxy cannot be reached", "connect to the network"),
    "echo 'module lookup disabled by GOPROXY=off' >&2": ("may not download", "unset GOPROXY"),
    "echo 'verifying x: checksum mismatch' >&2": ("not the one that was pinned", "check what GOPROXY serves"),
    "echo 'compile: signal: killed' >&2": ("out of memory", "free 2 GB of memory"),
    "echo 'something new' >&2": ("something new", "put pulumi on PATH"),
    "true": ("go build printed nothing", "put pulumi on PATH"),
}


@pytest.mark.parametrize(("script", "parts"), FAILURES.items())
def test_a_build_that_fails_says_why_and_what_to_do_in_one_line(
    tools: Path, tmp_path: Path, script: str, parts: tuple[str, ...]
) -> None:
    command(tools, "go", f"{script}\nexit 1")
    with pytest.raises(SandboxError) as caught:
        engine_build.build(tmp_path / "cache" / "pulumi", "1", print)
    assert all(part in str(caught.value) for part in parts)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache" / "pulumi").exists()


def test_without_go_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"install Go 1\.25\.11 or newer .*, or pulumi"):
        engine_build.build(tmp_path / "cache" / "pulumi", "1", print)


def test_too_little_space_is_said_before_the_build_begins(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(tools, "go", f"touch {tmp_path / 'ran'}")
    monkeypatch.setattr(engine_build, "SPACE", 1 << 80)
    with pytest.raises(SandboxError, match=r"needs 3 GB, \d+ MB are free"):
        engine_build.build(tmp_path / "cache" / "pulumi", "1", print)
    assert not (tmp_path / "ran").exists()


def test_two_checkouts_build_once(tools: Path, tmp_path: Path) -> None:
    command(
        tools, "go", f'while [ "$1" != -o ]; do shift; done; echo run >> {tmp_path}/runs; sleep 1; echo built > "$2"'
    )
    target = tmp_path / "cache" / "pulumi"
    threads = [threading.Thread(target=engine_build.build, args=(target, "1", print)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (tmp_path / "runs").read_text() == "run\n"
    assert target.read_text() == "built\n"


def test_the_engine_of_this_checkout_is_recent_enough() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "keystead_sandbox.engine.engine"],
        capture_output=True,
        text=True,
        timeout=1500,
        check=True,
    )
    pulumi = found.stdout.strip()
    told = subprocess.run([pulumi, "version"], capture_output=True, text=True, timeout=60, check=True, env=os.environ)
    assert engine._usable(told.stdout.strip().removeprefix("v"))
