"""Runs Terraform in a folder of its own, with bounded memory and time."""

import json
import os
import resource
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fidelity.tools import Release

SECONDS = 900
"""Longest run of one command."""
HEAP = "3GiB"
"""What Go tries to keep the memory of each process below (GOMEMLIMIT); the schema of hashicorp/aws takes 1 GiB."""
ADDRESS_SPACE = 12 * 1024**3
"""Bytes of address space of each process, beyond which it ends; Go reserves more than it uses."""

MIRROR = """\
provider_installation {{
  filesystem_mirror {{
    path = {folder}
  }}
}}
disable_checkpoint = true
"""


class TerraformError(Exception):
    """Terraform could not do what it had to do before any resource."""


@dataclass
class Run:
    """What one command told: by address what was done, and each error."""

    done: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


class Terraform:
    """One provider in one folder, with the environment that leads it to a local cloud."""

    def __init__(self, program: str, release: Release, folder: Path, environment: Mapping[str, str]) -> None:
        self._program = program
        self._folder = folder
        folder.mkdir(parents=True)
        settings = folder / "terraformrc"
        settings.write_text(MIRROR.format(folder=json.dumps(str(release.folder.resolve()))))
        self._environment = {
            **environment,
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "GOMEMLIMIT": HEAP,
        }
        self._required = {release.provider.name: {"source": release.provider.source, "version": release.version}}

    def schemas(self) -> dict[str, Any]:
        """What the provider says of its resources."""
        self._write("versions", {"terraform": {"required_providers": self._required}})
        self._must("init", "-input=false")
        told = json.loads(self._must("providers", "schema", "-json"))
        (provider,) = told["provider_schemas"].values()
        return dict(provider["resource_schemas"])

    def declare(self, document: Mapping[str, Any]) -> None:
        """Have this configuration; which provider it is of is written already."""
        self._write("main", {name: part for name, part in document.items() if name != "terraform"})

    def validate(self) -> Run:
        """Check the arguments against the provider's own rules."""
        told = json.loads(self._run("validate", "-json").stdout)
        errors = [one for one in told["diagnostics"] if one["severity"] == "error"]
        return Run(errors=[_sentence(one) for one in errors])

    def apply(self) -> Run:
        """Make everything that is declared."""
        return self._told("apply", "-auto-approve", complete="apply_complete")

    def plan(self) -> Run:
        """Say what another apply would change."""
        return self._told("plan", complete="planned_change")

    def _told(self, *arguments: str, complete: str) -> Run:
        run = Run()
        for line in _lines(self._run(*arguments, "-json", "-input=false", "-parallelism=4").stdout):
            if line.get("type") == "diagnostic" and line["diagnostic"]["severity"] == "error":
                run.errors.append(_sentence(line["diagnostic"]))
            elif line.get("type") == complete:
                told = line.get("hook") or line["change"]
                run.done[told["resource"]["addr"]] = told["action"]
        return run

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        (self._folder / f"{name}.tf.json").write_text(json.dumps(document, indent=1))

    def _must(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            raise TerraformError(f"`terraform {arguments[0]}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(
                [self._program, *arguments, *([] if "-json" in arguments else ["-no-color"])],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
                preexec_fn=_bounded,
            )
        except subprocess.TimeoutExpired:
            raise TerraformError(f"`terraform {arguments[0]}` did not end within {SECONDS} s") from None


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    os.nice(5)


def _lines(output: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in output.splitlines() if line.startswith("{"))


def _sentence(diagnostic: Mapping[str, Any]) -> str:
    """Where it is, what is wrong, and the cloud's own words."""
    address = diagnostic.get("address") or (diagnostic.get("snippet") or {}).get("context") or ""
    text = " ".join(f"{diagnostic['summary']} {diagnostic.get('detail', '')}".split())
    return f"{address}: {text}" if address else text
