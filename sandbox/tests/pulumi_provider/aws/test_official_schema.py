"""The table names properties as the official SDK does."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES

MODULES = {"lambda": "lambda_", "logGroup": "log_group"}


def _official(type_name: str) -> tuple[set[str], set[str]]:
    """Return input and output names of a type, read from the SDK's source without importing all of it."""
    _, module, class_name = type_name.split(":")
    package, _, file = module.partition("/")
    folder = Path(importlib.import_module("pulumi_aws").__file__ or "").parent / MODULES.get(package, package)
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in file)
    tree = ast.parse((folder / f"{snake}.py").read_text())
    inputs = _getters(tree, f"{class_name}Args")
    return inputs, _getters(tree, class_name)


def _getters(tree: ast.Module, class_name: str) -> set[str]:
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == class_name).body
    found = set()
    for node in body:
        if isinstance(node, ast.FunctionDef) and any("getter" in ast.unparse(entry) for entry in node.decorator_list):
            named = [ast.unparse(entry) for entry in node.decorator_list if "name=" in ast.unparse(entry)]
            found.add(named[0].split("name='")[1].split("'")[0] if named else node.name)
        elif isinstance(node, ast.FunctionDef) and ast.unparse(node).startswith("@property"):
            found.add(node.name)
    return found


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_property_and_output_is_one_of_the_official_provider(type_name: str) -> None:
    resource = RESOURCES[type_name]
    inputs, outputs = _official(type_name)
    assert set(resource.properties) <= inputs
    assert set(resource.outputs) <= outputs
    assert ("tags" in inputs) == (resource.tags is not None)
    assert ("region" in inputs) == resource.regional


def test_the_reader_of_the_sdk_sees_what_it_should() -> None:
    inputs, outputs = _official("aws:kms/key:Key")
    assert {"enableKeyRotation", "description", "tags"} <= inputs
    assert {"arn", "keyId", "tagsAll"} <= outputs
    assert inspect.isfunction(_official)
