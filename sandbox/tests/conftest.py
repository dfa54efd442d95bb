import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]
FOREIGN = ("AWS_", "CLOUDSDK_", "GCLOUD_", "GOOGLE_", "KEYSTEAD_", "PULUMI_")

PROJECT = """\
name: keystead
runtime: {name: python, options: {toolchain: pip, virtualenv: .venv}}
main: stacks
stackConfigDir: stacks
"""


PROGRAM = """\
import os, time
import pulumi, pulumi_aws as aws

stack = pulumi.get_stack()
cloud = aws.Provider("cloud", region="us-east-1")
made = []
for number in range(4):
    text = pulumi.Output.from_input(f"{stack} {number}")
    if os.path.exists("slow") and number > 1:
        text = pulumi.Output.all(text, *(key.arn for key in made)).apply(lambda all: time.sleep(60) or all[0])
    made.append(
        aws.kms.Key(f"{stack}-{number}", description=text, opts=pulumi.ResourceOptions(provider=cloud))
    )
if os.path.exists("broken"):
    raise pulumi.RunError("the program is broken on purpose")
pulumi.export("stack", stack)
"""
STACK = """\
config:
  pulumi:disable-default-providers: ["*"] # kept as it is
  keystead:environment:
    tier: {tier}
    aws: {{account: "{account}", region: us-east-1}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with its own sandbox, which is ended with everything in it."""
    directory = tmp_path_factory.mktemp("project")
    (directory / "stacks").mkdir()
    (directory / "Pulumi.yaml").write_text(PROJECT)
    yield directory
    subprocess.run([sys.executable, "-m", "sandbox", "down"], cwd=directory, env=clean(), timeout=120, check=False)


@pytest.fixture(scope="module")
def sandbox(project: Path) -> Run:
    """Run `python -m sandbox` in the project."""

    def run(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sandbox", *arguments]
        return subprocess.run(
            command, cwd=project, env=clean() | extra, capture_output=True, text=True, timeout=1500, check=False
        )

    return run


@pytest.fixture(scope="module")
def pulumi(project: Path, sandbox: Run) -> Run:
    """Run plain `pulumi` as a shell does after `eval "$(python -m sandbox env)"`."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = f'eval "$({sys.executable} -m sandbox env)" && exec pulumi --color never "$@"'
        return subprocess.run(
            ["sh", "-c", script, "sh", *arguments],
            cwd=project, env=clean(), capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def landscape(project: Path) -> Path:
    stacks = project / "stacks"
    (stacks / "__main__.py").write_text(PROGRAM)
    (stacks / "Pulumi.dev.yaml").write_text(STACK.format(tier="low", account="000000000001"))
    prepared_for_a_real_account = "secretsprovider: awskms://alias/acme?region=us-east-1\nencryptedkey: AQIDAHg=\n"
    (stacks / "Pulumi.prod.yaml").write_text(
        prepared_for_a_real_account + STACK.format(tier="critical", account="000000000003")
    )
    return project


@pytest.fixture
def running(landscape: Path, sandbox: Run) -> Path:
    """Both environments deployed to clouds that run, brought up where a test before has left them otherwise."""
    if not deployed(landscape) or sandbox("status").returncode:
        done = sandbox("up", "--no-table")
        assert done.returncode == 0, done.stderr
    return landscape


def deployed(project: Path) -> bool:
    """Whether the last `up` of every environment has ended well."""
    place = project / ".sandbox"
    ended = {log.stem.removeprefix("up-") for log in (place / "logs").glob("up-*.log")}
    declared = {file.stem.removeprefix("Pulumi.") for file in (project / "stacks").glob("Pulumi.*.yaml")}
    return declared <= ended and not list((place / "running").glob("*"))


def clean() -> dict[str, str]:
    """The environment of a user who runs this checkout's sandbox."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
