import stat
import subprocess
import sys
from pathlib import Path

from sandbox.lifetime import alive
from tests.sandbox.gcp.conftest import DEV, PROD, LocalCloud, start, stop


def test_a_cloud_ends_with_its_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    running = start(tmp_path, owner=owner.pid)
    try:
        owner.kill()
        running.process.wait(timeout=10)
        assert not alive(running.process.pid)
    finally:
        owner.wait()
        stop(running)


def test_a_deployers_token_is_for_its_user_alone_and_for_its_project(cloud: LocalCloud) -> None:
    for project in (DEV, PROD):
        mode = (cloud.directory / "tokens" / f"{project}.token").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert cloud.call("GET", f"/v1/projects/{PROD}/secrets", project=DEV).code == 403


def test_only_loopback_is_listened_on(cloud: LocalCloud) -> None:
    inodes = set()
    for file in Path(f"/proc/{cloud.process.pid}/fd").iterdir():
        target = str(file.readlink()) if file.is_symlink() else ""
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{cloud.process.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                addresses.add(fields[1].split(":")[0])
    assert addresses == {"0100007F"}


def test_a_malformed_project_is_one_clear_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.gcp", "--project", "Acme", "--port", "0", "--plain-port", "0"]
    for name in ("cert", "key", "ca", "clock", "tokens"):
        command += [f"--{name}", str(tmp_path / name)]
    root = Path(__file__).parents[3]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("--project Acme: a project id has 6 to 30")
