"""Types and properties in programs are the provider SDKs' own, so that no rule looks for a name nobody writes."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from keystead_policies.engine.rule import RULES
from keystead_policies.engine.topics import load

from tests.policies.programs import HERE, declared, read, rule_programs

load()
CLASS = re.compile(r"""super\(.*?\)\.__init__\(\s*'((?:aws|gcp):[\w/]+:\w+)'""", re.DOTALL)
GIVEN = re.compile(r'@_builtins\.property\n    @pulumi\.getter(?:\(name="(\w+)"\))?\n    def (\w+)\(self\)')
PROGRAMS = rule_programs()
EARLIER = {"aws:elasticloadbalancingv2/listener:Listener"}
"""Types that the provider had until version 6, and that states of such stacks still hold."""


def _module(kind: str) -> Path:
    """File of the SDK that holds a type: aws:kms/key:Key is pulumi_aws/kms/key.py."""
    cloud, module, _ = kind.split(":")
    spec = find_spec(f"pulumi_{cloud}")
    assert spec is not None
    assert spec.origin is not None
    service, file = module.split("/")
    folder = Path(spec.origin).parent / {"lambda": "lambda_"}.get(service, service)
    wanted = file.lower()
    return next(path for path in folder.glob("*.py") if path.stem.replace("_", "") == wanted)


@cache
def properties_of(kind: str) -> frozenset[str]:
    """Names of a type's inputs and outputs, as programs in every language but Python write them."""
    source = _module(kind).read_text()
    assert kind in CLASS.findall(source), f"{kind} is in no class of {_module(kind)}"
    return frozenset(name or plain for name, plain in GIVEN.findall(source)) | {"id"}


TYPES = sorted(
    {kind for rule in RULES.values() for kind in (*rule.types, *rule.reads) if not kind.startswith("pulumi:")} - EARLIER
)


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_that_rules_look_at_exists(kind: str) -> None:
    assert properties_of(kind)


@pytest.mark.parametrize("rule", PROGRAMS)
def test_a_program_uses_properties_its_types_have(rule: str) -> None:
    for resource in declared([*PROGRAMS[rule]["holds"], *PROGRAMS[rule]["fails"]]):
        if resource.type.startswith(("aws:", "gcp:")):
            assert set(resource.properties) <= properties_of(resource.type), resource.type


@pytest.mark.parametrize("path", sorted((HERE / "corpus").rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_stack_of_the_corpus_uses_properties_its_types_have(path: Path) -> None:
    for stack in read(path):
        for resource in declared(stack["resources"]):
            if resource.type.startswith(("aws:", "gcp:")):
                assert set(resource.properties) <= properties_of(resource.type), resource.type
