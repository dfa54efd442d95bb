"""Which programs are copies of the process that has the SDKs imported, and which need a new process."""

import os
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from keystead_sandbox.engine import program_server
from keystead_sandbox.engine.program_server import Start, connect, exit_code

STAMP = program_server.INSTALLED.stat().st_mtime_ns


def start(**variables: str) -> Start:
    return Start(sys.executable, "127.0.0.1:1", str(Path.cwd()), dict(os.environ) | variables)


def test_a_copy_does_what_a_new_process_with_the_same_interpreter_and_packages_does() -> None:
    assert not start().differs(STAMP)
    assert not start(PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX="/elsewhere", SHOP="open").differs(STAMP)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PYTHONPATH", "/elsewhere"), ("PYTHONHASHSEED", "7"), ("LC_ALL", "tr_TR.UTF-8"), ("TRACEPARENT", "00-1-2-01")],
)
def test_a_variable_that_is_read_at_the_start_needs_a_new_process(name: str, value: str) -> None:
    assert start(**{name: value}).differs(STAMP)


def test_another_interpreter_and_packages_installed_meanwhile_need_a_new_process() -> None:
    assert replace(start(), interpreter="/elsewhere/bin/python").differs(STAMP)
    assert start().differs(STAMP - 1)


def test_where_nobody_listens_a_process_has_to_be_started(tmp_path: Path) -> None:
    assert connect("", start()) is None
    assert connect(str(tmp_path), start()) is None


def test_a_program_whose_server_has_ended_counts_as_killed() -> None:
    here, there = socket.socketpair()
    threading.Thread(target=there.close).start()
    assert exit_code(here) == -9
