"""Where everything of one sandbox lies."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from keystead_sandbox.common.errors import SandboxError

PACKAGE = Path(__file__).resolve().parents[1]
"""What `keystead_sandbox` is imported from: a checkout or an installed wheel."""

ROOT = PACKAGE.parent
"""The folder to have on the path of Python for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A Pulumi project and the directory of its sandbox, `.sandbox` unless KEYSTEAD_SANDBOX names another one."""

    project: Path
    directory: Path

    @classmethod
    def find(cls) -> Self:
        """Take the nearest project at or above the current directory, as Pulumi does."""
        here = Path.cwd()
        for candidate in (here, *here.parents):
            if (candidate / "Pulumi.yaml").is_file():
                named = os.environ.get("KEYSTEAD_SANDBOX")
                return cls(candidate, Path(named).resolve() if named else candidate / ".sandbox")
        raise SandboxError(f"no Pulumi.yaml in {here} or above it", "change to the checkout and try again")

    @property
    def stacks(self) -> Path:
        """The Pulumi program and its stack files."""
        return self.project / "stacks"

    @property
    def command(self) -> str:
        """How people call the sandbox here: a checkout of Keystead has it as a module, other projects installed it."""
        return "python -m sandbox" if (self.project / "sandbox" / "__main__.py").is_file() else "keystead sandbox"

    @property
    def bin(self) -> Path:
        """What goes first on PATH."""
        return self.directory / "bin"

    @property
    def logs(self) -> Path:
        """What the processes of the sandbox wrote."""
        return self.directory / "logs"

    @property
    def registry(self) -> Path:
        """Which clouds run where."""
        return self.directory / "sandbox.json"

    @property
    def clock(self) -> Path:
        """How many seconds the sandbox is ahead of real time."""
        return self.directory / "clock"

    @property
    def strict(self) -> Path:
        """There while the clouds that run are strict ones."""
        return self.directory / "strict"

    @property
    def aws(self) -> Path:
        """AWS configuration and credentials, one profile per environment."""
        return self.directory / "aws"

    @property
    def gcp(self) -> Path:
        """Tokens of the GCP projects' deployers, each for as long as its cloud runs."""
        return self.directory / "gcp"

    @property
    def gcloud(self) -> Path:
        """What the Google Cloud CLI reads in place of its folder in HOME, one configuration per environment."""
        return self.directory / "gcloud"

    @property
    def bytecode(self) -> Path:
        """Compiled Python of programs and packs, where the environment forbids to keep it beside the sources."""
        return self.directory / "bytecode"

    def prepare(self) -> None:
        """Make the directories, readable by their owner alone."""
        state = self.directory / "state"
        for directory in (self.directory, self.bin, self.logs, self.aws, self.gcp, self.gcloud, state):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole; only its owner may read it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
