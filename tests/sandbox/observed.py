"""What a small sandbox of the tests holds and runs, looked at from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


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
