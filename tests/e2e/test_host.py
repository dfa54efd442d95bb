"""The component package: programs in any of Pulumi's languages declare an environment through the plugin."""

import json
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from tests.e2e.landscape import ROOT, Sandbox

COMPONENTS = ROOT / "components"
PROJECT = f"""\
name: foreign
runtime: {{name: python}}
main: stacks
stackConfigDir: stacks
plugins:
  providers:
    - {{name: keystead, path: "{COMPONENTS}"}}
"""
PROGRAM = """\
import pulumi


class Environment(pulumi.ComponentResource):
    names: pulumi.Output

    def __init__(self, name: str, declared: dict) -> None:
        super().__init__("keystead:index:Environment", name, {**declared, "names": None}, None, remote=True)


spec = pulumi.Config("keystead").require_object("environment")
made = Environment(pulumi.get_stack(), {"environment": pulumi.get_stack(), "spec": spec})
pulumi.export("aws", made.names["aws"])
"""
STACK = """\
config:
  keystead:environment:
    tier: low
    owners: [payments]
    aws: {account: "111111111111", region: us-east-1}
    keys:
      data: {use: encrypt, purpose: secrets of checkout}
    secrets:
      api-key: {purpose: charges cards, key: data, readers: {checkout: {}}, rotation: {every: 90d, rotator: random}}
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = tmp_path_factory.mktemp("foreign")
    (project / "stacks").mkdir()
    (project / "Pulumi.yaml").write_text(PROJECT)
    (project / "stacks" / "__main__.py").write_text(PROGRAM)
    (project / "stacks" / "Pulumi.dev.yaml").write_text(STACK)
    made = Sandbox(project / ".sandbox", project)
    try:
        made.up("--no-table")
        yield made
    finally:
        made.down()


def test_the_plugins_schema_has_the_environment_with_its_spec(sandbox: Sandbox) -> None:
    schema = json.loads(sandbox.must("pulumi", "package", "get-schema", str(COMPONENTS)))
    assert (schema["name"], schema["version"]) == ("keystead", version("keystead"))
    declared = schema["resources"]["keystead:index:Environment"]
    assert declared["isComponent"] is True
    assert declared["requiredInputs"] == ["environment", "spec"]
    assert set(declared["properties"]) == {"names"}


def test_a_program_that_knows_the_plugin_alone_gets_the_whole_environment(sandbox: Sandbox) -> None:
    names = sandbox.outputs("dev")
    assert names["secrets"]["api-key"]["name"] == "dev/api-key"
    value = sandbox.read("dev", names["roles"]["checkout-reader"], "api-key", "127.0.1.1")
    assert len(value) > 32


def test_a_broken_spec_is_reported_in_the_specs_own_messages(sandbox: Sandbox) -> None:
    stack = sandbox.project / "stacks" / "Pulumi.dev.yaml"
    stack.write_text(STACK.replace("use: encrypt", "use: encript"))
    told = sandbox.run("pulumi", "preview", "-s", "dev")
    stack.write_text(STACK)
    assert told.code != 0
    assert "keystead:environment.keys.data.use: found 'encript'; must be one of encrypt, sign, mac" in told.output
    for frame in ("host.py", "loading.py", "ComponentInitError"):
        assert frame not in told.output
