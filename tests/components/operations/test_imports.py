import json
import subprocess
import sys
from pathlib import Path

import keystead.operations
import pytest
from keystead.model.clouds import CLOUDS
from keystead.operations.rotation import FOLLOWERS, ROTATIONS
from keystead.operations.status import OBSERVERS
from keystead.operations.values import STORES

ROOT = Path(keystead.operations.__file__).parent
MODULES = sorted(
    ".".join(("keystead", "operations", *path.relative_to(ROOT).with_suffix("").parts))
    for path in ROOT.rglob("[!_]*.py")
)
LOADED = """
import json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    __import__(name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(*modules: str) -> set[str]:
    """Return the packages that a process has which imports these modules, beyond what each process has."""
    done = subprocess.run([sys.executable, "-c", LOADED, *modules], capture_output=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_operations_need_no_terminal_and_no_engine() -> None:
    assert len(MODULES) > 20
    found = loaded(*MODULES)
    assert "boto3" in found
    assert found & {"typer", "rich", "click", "pulumi", "pulumi_aws", "pulumi_gcp", "jinja2"} == set()


@pytest.mark.parametrize("name", ["status", "rotation", "values", "check", "policy", "schema"])
def test_no_cloud_is_imported_before_an_environment_needs_it(name: str) -> None:
    found = loaded(f"keystead.operations.{name}")
    assert "keystead" in found
    assert found & {"boto3", "botocore", "google", "grpc"} == set()


def test_every_cloud_is_in_every_registry_and_every_entry_exists() -> None:
    for registry in (OBSERVERS, ROTATIONS, STORES):
        assert tuple(registry) == CLOUDS
    entries = [entry for registry in (OBSERVERS, ROTATIONS, STORES, FOLLOWERS) for entry in registry.values()]
    program = "import sys, pkgutil; assert all(callable(pkgutil.resolve_name(entry)) for entry in sys.argv[1:])"
    # Not in this process: Google's client library and pulumi each bring a google.rpc.Status.
    subprocess.run([sys.executable, "-c", program, *entries], check=True, timeout=60)
