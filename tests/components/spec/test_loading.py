"""What a spec gives where it says nothing, and what it knows about itself."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from keystead.model.tiers import TIERS, Tier
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import build

from tests.components.conftest import ON_BOTH

Load = Callable[..., EnvironmentSpec]


ANYBODY = (
    "secrets.*.readers.api.trust: nobody on AWS, so everybody in the account whose IAM policies allow sts:AssumeRole "
    "can become this reader; name who may"
)
"""What is told of the shop's reader, whose role the base trusts nobody in particular with."""


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize("tier", TIERS)
def test_what_the_spec_leaves_out_has_the_default_of_its_tier(load_spec: Load, tier: Tier) -> None:
    spec = load_spec(f"tier: {tier}\n")
    key, secret, defaults = spec.keys["data"], spec.secrets["db-password"], TIERS[tier]
    assert spec.colour == defaults.colour
    assert (key.rotation, key.deletion_window) == (defaults.key_rotation, defaults.deletion_window)
    assert (key.protected, key.replicas) == (defaults.protected, [])
    assert (secret.owner, secret.replicas) == ("payments", True)
    assert secret.recovery_window == defaults.recovery_window
    assert secret.rotation.rotator == "random"
    assert (secret.rotation.every, secret.rotation.overlap) == (defaults.secret_every, defaults.overlap)
    assert (secret.rotation.shape.alphabet, secret.rotation.shape.length) == ("alphanumeric", 48)
    assert spec.relaxations() == ([ANYBODY] if defaults.protected else [])


def test_the_overlap_follows_a_faster_rotation(load_spec: Load) -> None:
    spec = load_spec("secrets: {db-password: {rotation: {every: 12h}}}\n")
    assert spec.secrets["db-password"].rotation.overlap == timedelta(hours=4)


def test_a_hex_value_is_by_default_as_long_as_its_alphabet_needs(load_spec: Load) -> None:
    spec = load_spec("secrets: {db-password: {rotation: {shape: {alphabet: hex}}}}\n")
    assert spec.secrets["db-password"].rotation.shape.length == 64


def test_encryption_keys_follow_the_replicas_and_other_keys_stay(load_spec: Load) -> None:
    spec = load_spec('aws: {account: "123456789012", replicas: [us-west-2]}\n')
    assert {name: key.replicas for name, key in spec.keys.items()} == {"data": ["us-west-2"], "tokens": []}
    assert spec.keys["tokens"].rotation is None


def test_the_overlay_merges_over_the_base_by_key(load_spec: Load) -> None:
    spec = load_spec("secrets: {db-password: {readers: {worker: {}}}}\n")
    assert set(spec.secrets["db-password"].readers) == {"api", "worker"}
    assert spec.secrets["db-password"].purpose == "opens the database"


def test_null_takes_an_entry_or_a_setting_of_the_base_away(load_spec: Load) -> None:
    spec = load_spec("secrets: {db-password: {readers: {api: {restriction: null}}}}\n")
    assert spec.restriction_of("db-password", "api", "aws") is None
    assert load_spec("secrets: {db-password: null}\n").secrets == {}


def test_a_spec_from_pulumi_configuration_equals_the_one_read_from_its_file(load_spec: Load) -> None:
    base: dict[str, Any] = {
        "owners": ["payments"],
        "aws": {"region": "us-east-1"},
        "restrictions": {"mesh": {"networks": {"aws": ["vpce-0a1b2c3d"]}}},
        "keys": {"data": {"purpose": "secrets of the shop"}, "tokens": {"use": "sign"}},
        "secrets": {
            "db-password": {"purpose": "opens the database", "key": "data", "readers": {"api": {"restriction": "mesh"}}}
        },
    }
    overlay = {"tier": "critical", "aws": {"account": "123456789012"}}
    assert build("prod", overlay, base) == load_spec("")


def test_a_spec_answers_who_reads_what_under_which_restriction(load_spec: Load) -> None:
    session = (
        "session-secret: {purpose: signs sessions, key: data, readers: {web: {}, api: {}}, rotation: {rotator: manual}}"
    )
    spec = load_spec(f"secrets:\n  {session}\n")
    assert spec.readers("aws") == ["api", "web"]
    assert spec.read_by("api", "aws") == ["db-password", "session-secret"]
    assert spec.read_by("web", "aws") == ["session-secret"]
    assert spec.restriction_of("db-password", "api", "aws") == spec.restrictions["mesh"]
    assert spec.restriction_of("session-secret", "api", "aws") is None
    assert spec.rotated("aws") == ["db-password"]


def test_every_setting_weaker_than_its_tier_is_listed(load_spec: Load) -> None:
    spec = load_spec(
        "tier: high\n"
        "keys: {data: {protected: false, deletion_window: 7d, rotation: 730d}}\n"
        "secrets: {db-password: {recovery_window: 7d, rotation: {every: 180d, overlap: 60d}}}\n"
    )
    assert spec.relaxations() == [
        "keys.data.protected: false, the tier's default is true",
        "keys.data.deletion_window: 7d, the tier's default is 30d",
        "keys.data.rotation: 730d, the tier's default is 365d",
        "secrets.db-password.rotation.every: 180d, the tier's default is 90d",
        "secrets.db-password.rotation.overlap: 60d, the tier's default is 30d",
        "secrets.db-password.recovery_window: 7d, the tier's default is 30d",
        ANYBODY,
    ]


def test_a_reader_whom_nobody_is_trusted_with_is_listed_for_each_cloud(load_spec: Load) -> None:
    workload, account = "ecs-tasks.amazonaws.com", "serviceAccount:storefront@acme-prod.iam.gserviceaccount.com"
    gcp = 'gcp: {project: acme-prod, number: "300000000003", location: us-east1}\n'
    reader = "secrets: {db-password: {readers: {api: {trust: %s}}}}\n"
    lines = {
        trust: [line for line in load_spec(gcp + reader % trust, base=ON_BOTH).relaxations() if "trust" in line]
        for trust in (f"[{workload}]", f"['{account}']", f"[{workload}, '{account}']")
    }
    on_aws, on_gcp, on_both = lines.values()
    assert on_both == []
    assert on_gcp == [ANYBODY]
    assert on_aws == [
        (
            "secrets.*.readers.api.trust: nobody on GCP, so everybody whom the project's IAM policy lets act as its "
            "service accounts can become this reader; name who may"
        )
    ]


def test_networks_of_fewer_regions_than_the_secret_is_in_are_told(load_spec: Load) -> None:
    part = (
        'tier: standard\naws: {account: "123456789012", replicas: [us-west-2]}\n'
        "restrictions: {mesh: {networks: {aws: [%s]}}}\nsecrets: {db-password: {replicas: %s}}\n"
    )
    assert load_spec(part % ("vpce-0a1b2c3d", "true")).relaxations() == [
        (
            "secrets.db-password.readers.api.restriction: mesh names 1 of AWS's networks, each of which belongs to one "
            "region, and the secret is in 2: it cannot be read in all of them; name a network of each region"
        )
    ]
    assert load_spec(part % ("vpce-0a1b2c3d, vpce-0b4e5f6a", "true")).relaxations() == []
    assert load_spec(part % ("vpce-0a1b2c3d", "false")).relaxations() == []


def test_a_checked_spec_cannot_be_changed(load_spec: Load) -> None:
    spec = load_spec("")
    with pytest.raises(ValueError, match="frozen"):
        spec.secrets["db-password"].key = "tokens"  # type: ignore[misc]


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_example_environments_are_right(environment: str, pytestconfig: pytest.Config) -> None:
    from keystead.spec.loading import load  # noqa: PLC0415

    spec = load(environment, pytestconfig.rootpath / "stacks")
    assert len(spec.keys) >= 3
    assert len(spec.secrets) >= 8
    assert len(spec.restrictions) >= 2


def test_a_waiver_shows_among_what_is_relaxed_until_its_last_day(load_spec: Load) -> None:
    spec = load_spec(
        "waivers: {partner: {rule: aws-listener-uses-tls, resource: partner-*, owner: shop, ticket: OPS-1, "
        'reason: moves, until: "2027-03-31"}}\n'
    )
    assert spec.waivers["partner"].until == date(2027, 3, 31)
    assert spec.relaxations() == [
        ANYBODY,
        "waivers.partner: aws-listener-uses-tls on partner-*, until 2027-03-31 by shop",
    ]


def test_stricter_tiers_never_allow_more() -> None:
    order = [TIERS[tier] for tier in ("low", "standard", "high", "critical")]
    for looser, stricter in pairwise(order):
        assert stricter.secret_every <= looser.secret_every
        assert stricter.secret_every_limit <= looser.secret_every_limit
        assert stricter.key_rotation_limit <= looser.key_rotation_limit
        assert stricter.deletion_window >= looser.deletion_window
        assert stricter.recovery_window >= looser.recovery_window
        assert stricter.log_retention >= looser.log_retention
        assert stricter.protected >= looser.protected
    for defaults in order:
        assert defaults.overlap < defaults.secret_every <= defaults.secret_every_limit <= days(730)
        assert days(90) <= defaults.key_rotation <= defaults.key_rotation_limit <= days(730)
        assert days(7) <= defaults.deletion_window <= days(30)
        assert defaults.recovery_window in {days(0), *map(days, range(7, 31))}
        assert defaults.recovery_optional or defaults.recovery_window
