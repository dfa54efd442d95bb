"""The tables name properties, blocks, outputs and settings as the official SDKs do."""

import json
from typing import Any

import pulumi_aws
import pulumi_gcp
import pytest
from keystead_sandbox.pulumi_provider import official, sdk_description, wire
from keystead_sandbox.pulumi_provider.aws import cloud as aws
from keystead_sandbox.pulumi_provider.aws import table as aws_table
from keystead_sandbox.pulumi_provider.aws.values import Attribute
from keystead_sandbox.pulumi_provider.gcp import cloud as gcp
from keystead_sandbox.pulumi_provider.gcp import table as gcp_table
from keystead_sandbox.pulumi_provider.official import Block, Shape
from keystead_sandbox.pulumi_provider.settings import Settings
from keystead_sandbox.pulumi_provider.values.containers import Listing
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, Flag, Number, Value
from keystead_sandbox.pulumi_provider.values.structures import Only, Structure
from pulumi import _types
from pulumi.runtime import rpc

RESOURCES: dict[str, Any] = {**aws_table.RESOURCES, **gcp_table.RESOURCES}


@pytest.fixture(scope="module")
def described() -> Any:
    return sdk_description.describe(RESOURCES)


def test_what_is_kept_of_the_sdks_is_what_the_installed_ones_say(described: Any) -> None:
    assert json.loads(official.FILE.read_text()) == described


def test_the_marks_on_the_wire_are_the_sdks() -> None:
    ours = (wire.SIGNATURE, wire.SECRET, wire.ASSET, wire.ARCHIVE)
    assert ours == (rpc._special_sig_key, rpc._special_secret_sig, rpc._special_asset_sig, rpc._special_archive_sig)


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_exception_is_about_something_that_the_official_provider_has(type_name: str) -> None:
    resource, known = RESOURCES[type_name], official.inputs(type_name)
    assert set(resource.special) | resource.refused <= set(known.fields)
    assert not set(resource.special) & resource.refused
    for name, entry in resource.special.items():
        for path in filter(None, entry.nested):
            assert _at(known.fields[name], path) is not None, f"{name}.{path}"


def _at(shape: Shape, path: str) -> Shape:
    for step in path.split("."):
        inner = shape[0] if isinstance(shape, list) else shape
        shape = Block.of(inner).fields.get(step) if isinstance(inner, dict) else None
    return shape


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_output_is_one_of_the_official_provider(type_name: str) -> None:
    resource, shown = RESOURCES[type_name], official.outputs(type_name)
    assert {*resource.outputs, *resource.predicted, *resource.volatile} <= shown
    assert ("tagsAll" in shown) == bool(getattr(resource, "tags", None))


@pytest.mark.parametrize("type_name", sorted(gcp_table.RESOURCES))
def test_every_output_of_googles_official_provider_is_shown(type_name: str) -> None:
    resource = gcp_table.RESOURCES[type_name]
    labels = {name for one in resource.labels for name in one.names()}
    assert {*resource.outputs, *resource.properties, *labels} | resource.refused == official.outputs(type_name)


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_kind_has_the_shape_of_the_official_one(type_name: str) -> None:
    resource, known = RESOURCES[type_name], official.inputs(type_name)
    for name, kind in resource.kinds.items():
        _compare(f"{type_name}.{name}", kind.inner if isinstance(kind, Attribute) else kind, known, name)


def _compare(where: str, kind: Value, block: Block, name: str) -> None:
    shape = block.fields[name]
    if isinstance(kind, Only):
        kind = Listing(kind.inner)
    assert isinstance(kind, Listing) == isinstance(shape, list), where
    inner, shape = (kind.item, shape[0]) if isinstance(kind, Listing) else (kind, shape)
    assert isinstance(inner, Structure) == isinstance(shape, dict), where
    if isinstance(inner, Structure):
        fields = Block.of(shape)
        assert set(inner.fields) <= set(fields.fields), where
        assert {one for one, entry in inner.fields.items() if entry.required} == fields.required & set(inner.fields), (
            where
        )
        for one, entry in inner.fields.items():
            _compare(f"{where}.{one}", entry.kind, fields, one)
    elif isinstance(inner, Flag | Number):
        assert shape == "boolean" if isinstance(inner, Flag) else shape in {"integer", "number"}, where


@pytest.mark.parametrize(("settings", "sdk"), [(aws.SETTINGS, pulumi_aws), (gcp.SETTINGS, pulumi_gcp)])
def test_the_provider_takes_every_setting_of_the_official_one(settings: Settings, sdk: Any) -> None:
    names = _types.input_type_py_to_pulumi_names(sdk.ProviderArgs).values()
    given = dict.fromkeys(set(names) - set(settings.exclusive), UNKNOWN)
    assert settings.check(given) == []
    assert set(settings.used) <= set(names)
