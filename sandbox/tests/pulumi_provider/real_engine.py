"""Plain `pulumi` in a project of its own."""

import json
import shutil
import subprocess
from pathlib import Path

from keystead_sandbox.engine import engine as pulumi_engine
from keystead_sandbox.host import shell
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.registry import Registry

SECONDS = 180
"""How long one command may take on a crowded machine."""


class Pulumi:
    """The command, for the stack `trial`."""

    def __init__(self, place: Place) -> None:
        self.project = place.project
        self._environment = shell.process_environment(place, Registry.load(place.registry))

    @classmethod
    def prepared(cls, place: Place, program: Path) -> "Pulumi":
        shutil.copy(program, place.stacks / "__main__.py")
        (place.project / "Pulumi.yaml").write_text(
            "name: keystead-test\nruntime: python\nmain: stacks\nstackConfigDir: stacks\n"
        )
        (place.stacks / "Pulumi.trial.yaml").write_text("config: {}\n")
        shell.install(place, pulumi_engine.find(lambda _: None))
        pulumi = cls(place)
        pulumi("stack", "init")
        return pulumi

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["pulumi", "--non-interactive", *arguments, "-s", "trial"],
            cwd=self.project,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=SECONDS)
        assert (process.returncode != 0) == fails, output
        return output

    def configure(self, **values: str) -> None:
        lines = [f"  keystead-test:{name}: {value}" for name, value in values.items()]
        (self.project / "stacks" / "Pulumi.trial.yaml").write_text("\n".join(["config:", *lines]) + "\n")

    def resources(self) -> dict[str, list[str]]:
        deployment = json.loads(self("stack", "export"))["deployment"]
        found: dict[str, list[str]] = {}
        for resource in deployment.get("resources", []):
            found.setdefault(resource["type"], []).append(resource.get("id", ""))
        return found
