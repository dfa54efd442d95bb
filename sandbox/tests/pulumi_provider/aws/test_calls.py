"""The table asks for calls that the service models have, with members that they take."""

import pytest
from keystead_sandbox.pulumi_provider.aws.resource import Call, Resource
from keystead_sandbox.pulumi_provider.aws.shapes import input_members, service_model
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES


def _calls(resource: Resource) -> list[Call]:
    tagging = resource.tags
    found = [resource.create, *resource.read, *resource.changes, *resource.delete]
    if tagging:
        found += [Call(tagging.tag, {tagging.target: "", tagging.tags: ""})]
        found += [Call(tagging.untag, {tagging.target: "", tagging.keys: ""})]
        found += [Call(tagging.listing, {tagging.target: ""})] if tagging.listing else []
    return found


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_call_is_an_operation_and_every_bound_member_one_of_its_input(type_name: str) -> None:
    resource = RESOURCES[type_name]
    for call in _calls(resource):
        accepted = set(input_members(resource.service, call.operation))
        assert {
            *call.bind,
            *call.blank,
            *([] if call.each or not call.attributes else [call.attributes]),
        } <= accepted, call.operation


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_required_member_of_the_creating_call_is_given(type_name: str) -> None:
    resource = RESOURCES[type_name]
    shape = service_model(resource.service).operation_model(resource.create.operation).input_shape
    properties = {resource.members[name] for name, entry in resource.properties.items()}
    assert set(shape.required_members) <= properties | set(resource.create.bind)


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_every_property_that_may_change_in_place_has_a_call_that_changes_it(type_name: str) -> None:
    resource = RESOURCES[type_name]
    changed = {name for call in resource.changes for name in resource.asks_for(call)}
    free = {name for name, entry in resource.properties.items() if not entry.replace and not entry.carried}
    assert free <= changed
