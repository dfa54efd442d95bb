"""What is protected and deployed is not removed by leaving it out of the spec."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from keystead.changes.deployed import READ, deployed
from keystead.model.errors import SpecError
from keystead.recorded import Recorded, recorded
from keystead.removal import endings, refuse_removal
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import build
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

SPEC: dict[str, Any] = {
    "tier": "critical",
    "owners": ["payments"],
    "aws": {"account": "333333333333", "region": "us-east-1", "replicas": ["us-west-2"]},
    "gcp": {"project": "acme-prod", "number": "333333333333", "location": "us-east1"},
    "keys": {"data": {"purpose": "secrets of the shop"}, "ledger": {"clouds": ["aws"], "replicas": []}},
    "secrets": {
        "till-key": {"purpose": "opens the till", "key": "data"},
        "door-key": {"purpose": "opens the door", "key": "data", "clouds": ["aws"]},
    },
}
TOP = "urn:pulumi:prod::shop::keystead:index:Environment$"


def spec(change: Callable[[dict[str, Any]], object] = lambda _: None, tier: str = "critical") -> EnvironmentSpec:
    declared = {**SPEC, "tier": tier, "keys": dict(SPEC["keys"]), "secrets": dict(SPEC["secrets"])}
    change(declared)
    return build("prod", declared, {})


def refused(spec: EnvironmentSpec, *recorded: Recorded) -> list[str]:
    with pytest.raises(SpecError) as caught:
        refuse_removal(spec, recorded)
    return [str(problem) for problem in caught.value.problems]


def test_a_removed_secret_is_refused_with_the_steps_that_remove_or_rename_it() -> None:
    both = [Recorded(cloud, "secrets", "old-token", protected=True) for cloud in ("aws", "gcp")]
    assert refused(spec(), *both) == [
        (
            "keystead:environment.secrets.old-token: the secret is protected and no longer in the spec; nothing was "
            "changed. To remove it on purpose, put it back with `protected: false` and run `pulumi up`, then remove it "
            "and run `pulumi up` again. To rename it, put it back and declare the new name with "
            "`renamed_from: old-token`"
        )
    ]


def test_a_removed_key_is_refused_on_each_cloud() -> None:
    for cloud in ("aws", "gcp"):
        (line,) = refused(spec(), Recorded(cloud, "keys", "old", protected=True))
        assert line.startswith("keystead:environment.keys.old: the key is protected and no longer in the spec")


def test_a_cloud_that_is_taken_off_a_secret_is_named() -> None:
    (line,) = refused(spec(), Recorded("gcp", "secrets", "door-key", protected=True))
    assert "no longer on GCP; nothing was changed" in line
    assert "declare it there again with `protected: false`" in line


def test_a_cloud_that_the_environment_leaves_keeps_what_is_protected() -> None:
    left = spec(lambda one: one.pop("gcp"))
    assert len(refused(left, *(Recorded("gcp", kind, "data", True) for kind in ("keys", "secrets")))) == 2


@pytest.mark.parametrize(
    ("cloud", "places", "gone"),
    [("aws", {"us-east-1", "us-west-2", "eu-west-1"}, "eu-west-1"), ("gcp", {"us-east1", "us-west1"}, "us-west1")],
)
def test_a_region_that_is_taken_off_a_key_is_named(cloud: Any, places: set[str], gone: str) -> None:
    (line,) = refused(spec(), Recorded(cloud, "keys", "data", True, frozenset(places)))
    assert f"the key is protected and no longer on {gone};" in line


def test_what_is_still_there_or_was_unprotected_first_may_change() -> None:
    refuse_removal(
        spec(),
        [
            Recorded("aws", "keys", "data", True, frozenset({"us-east-1", "us-west-2"})),
            Recorded("aws", "keys", "ledger", True, frozenset({"us-east-1"})),
            Recorded("gcp", "secrets", "till-key", protected=True),
            Recorded("aws", "secrets", "old-token", protected=False),
            Recorded("gcp", "keys", "old", protected=False),
        ],
    )


def test_a_secret_without_protection_goes_with_a_warning_that_says_how_to_rename_it() -> None:
    gone = [Recorded(cloud, "secrets", "old-token", protected=False) for cloud in ("aws", "gcp")]
    there = [Recorded("aws", "secrets", "till-key", protected=False), Recorded("aws", "keys", "old", protected=False)]
    assert endings(spec(), [*gone, *there]) == [
        (
            "environment prod: the secret old-token is deleted on AWS and GCP, and its values end with it: at once on "
            "GCP and where it has no recovery window. To rename it instead, put it back and declare the new name with "
            "`renamed_from: old-token`"
        )
    ]


def test_what_an_older_version_deployed_is_protected_as_the_tier_says() -> None:
    old = Recorded("aws", "secrets", "old-token", protected=None)
    assert len(refused(spec(), old)) == 1
    refuse_removal(spec(tier="low"), [old])


class Engine(Mocks):
    """An engine that tells what is in the state."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Make nothing."""
        raise AssertionError(args)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Answer in the shape of the engine."""
        assert (args.token, args.args) == (READ, {"stackName": "acme/shop/prod"})
        return {"outputs": STATE}, []


STATE = {
    "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod": {"type": "pulumi:pulumi:Stack"},
    f"{TOP}keystead:aws:Environment$keystead:aws:Secret::till-key": {"outputs": {"name": "x", "protected": True}},
    f"{TOP}keystead:aws:Environment$keystead:aws:Secret$aws:secretsmanager/secret:Secret::till-key": {"outputs": {}},
    f"{TOP}keystead:gcp:Environment$keystead:gcp:Secret::old": {"outputs": {"name": "x"}},
    f"{TOP}keystead:aws:Environment$keystead:aws:EncryptionKey::data": {
        "outputs": {"arns": {"us-east-1": "a", "us-west-2": "b"}, "protected": False}
    },
    f"{TOP}keystead:aws:Environment$keystead:aws:EncryptionKey::operations": {"outputs": {"protected": False}},
    f"{TOP}keystead:gcp:Environment$keystead:gcp:EncryptionKey::data": {"outputs": {"paths": {"us-east1": "a"}}},
}


def test_the_state_is_read_as_the_engine_gives_it() -> None:
    pulumi.runtime.set_mocks(Engine(), project="shop", stack="prod", preview=False, organization="acme")
    assert recorded(deployed()) == [
        Recorded("aws", "keys", "data", False, frozenset({"us-east-1", "us-west-2"})),
        Recorded("gcp", "keys", "data", None, frozenset({"us-east1"})),
        Recorded("gcp", "secrets", "old", None),
        Recorded("aws", "secrets", "till-key", protected=True),
    ]
