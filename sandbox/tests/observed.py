"""What a small sandbox of the tests holds and runs, looked at from outside."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BESIDE_THE_CLOUDS = 2
"""Processes of a sandbox beside those of its clouds: the provider plugins, and what programs are copies of."""


def program_server(project: Path) -> int:
    """The process that programs are copies of."""
    return int((project / ".sandbox" / "logs" / "programs.process").read_text().partition(" ")[0])


def keys(project: Path, name: str) -> list[str]:
    """Descriptions of the keys that exist in an environment's account."""
    registry = json.loads((project / ".sandbox" / "sandbox.json").read_text())
    script = f"""
import boto3
kms = boto3.Session(profile_name={name!r}).client("kms")
for key in kms.list_keys()["Keys"]:
    found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    if found["KeyManager"] == "CUSTOMER":
        print(found["Description"])
"""
    assert name in registry["stacks"]
    profiles = project / ".sandbox" / "aws"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_CONFIG_FILE": str(profiles / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(profiles / "credentials"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return sorted(done.stdout.splitlines())


def processes(project: Path) -> list[int]:
    """Every process that has this project's sandbox on its command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(project / ".sandbox").encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 90
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def registered(project: Path) -> dict[str, Any]:
    """The clouds of each environment, as everything that talks to them finds them."""
    return dict(json.loads((project / ".sandbox" / "sandbox.json").read_text())["stacks"])


def listening(processes: Iterable[int]) -> list[str]:
    """The addresses that processes listen on, in the kernel's spelling."""
    inodes = set()
    for process in processes:
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            inodes.update(re.findall(r"socket:\[(\d+)\]", str(descriptor.readlink())))
    tables = [Path("/proc/net", family).read_text().splitlines()[1:] for family in ("tcp", "tcp6")]
    sockets = [line.split() for table in tables for line in table]
    return [fields[1].partition(":")[0] for fields in sockets if fields[3] == "0A" and fields[9] in inodes]


LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F"}
