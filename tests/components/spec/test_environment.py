"""What a spec gives and knows where an environment lives on GCP, alone or beside AWS."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from keystead.model.tiers import TIERS, Tier
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.neighbours import crowded

from tests.components.conftest import ON_BOTH

Load = Callable[..., EnvironmentSpec]

ON_GCP = "aws: null\nsecrets: {db-password: {readers: {api: {restriction: hours}}}}\n"
"""Takes AWS away from the shop on both clouds."""


def test_an_environment_lives_where_it_says_so(load_spec: Load) -> None:
    aws, both, gcp = load_spec(""), load_spec("", base=ON_BOTH), load_spec(ON_GCP, base=ON_BOTH)
    assert [(spec.on("aws"), spec.on("gcp")) for spec in (aws, both, gcp)] == [
        (True, False),
        (True, True),
        (False, True),
    ]
    assert (aws.gcp, gcp.aws) == (None, None)
    with pytest.raises(ValueError, match="environment prod does not live on AWS"):
        gcp.scope("aws")
    with pytest.raises(ValueError, match="environment prod does not live on GCP"):
        aws.scope("gcp")


def test_keys_and_secrets_are_wherever_the_environment_is(load_spec: Load) -> None:
    spec = load_spec("", base=ON_BOTH)
    assert {name: key.clouds for name, key in spec.keys.items()} == {"data": ["aws", "gcp"], "tokens": ["aws", "gcp"]}
    assert spec.secrets["db-password"].clouds == ["aws", "gcp"]
    assert spec.mirrored("db-password")


def test_a_secret_follows_its_key(load_spec: Load) -> None:
    part = "keys: {data: {clouds: [gcp]}}\nsecrets: {db-password: {readers: {api: {restriction: hours}}}}\n"
    spec = load_spec(part, base=ON_BOTH)
    assert (list(spec.keys_on("aws")), list(spec.keys_on("gcp"))) == (["tokens"], ["data", "tokens"])
    assert (list(spec.secrets_on("aws")), list(spec.secrets_on("gcp"))) == ([], ["db-password"])
    assert not spec.mirrored("db-password")


def test_clouds_are_named_in_one_order_and_once(load_spec: Load) -> None:
    assert load_spec("keys: {tokens: {clouds: [gcp, aws, gcp]}}\n", base=ON_BOTH).keys["tokens"].clouds == [
        "aws",
        "gcp",
    ]


def test_a_secret_on_both_clouds_is_rotated_by_one_of_them(load_spec: Load) -> None:
    part = (
        "secrets:\n"
        "  here: {purpose: opens, key: data, clouds: [aws]}\n"
        "  there: {purpose: opens, key: data, clouds: [gcp]}\n"
        "  brought: {purpose: opens, key: data, rotation: {rotator: manual}}\n"
    )
    spec = load_spec(part, base=ON_BOTH)
    assert (spec.rotated("aws"), spec.rotated("gcp")) == (["db-password", "here"], ["there"])


def test_readers_are_asked_for_by_cloud(load_spec: Load) -> None:
    part = (
        "secrets:\n"
        "  here: {purpose: opens, key: data, clouds: [aws], readers: {worker: {}}}\n"
        "  there: {purpose: opens, key: data, clouds: [gcp], readers: {batch: {}, api: {}}}\n"
    )
    spec = load_spec(part, base=ON_BOTH)
    assert (spec.readers("aws"), spec.readers("gcp")) == (["api", "worker"], ["api", "batch"])
    assert (spec.read_by("api", "aws"), spec.read_by("api", "gcp")) == (["db-password"], ["db-password", "there"])
    assert spec.read_by("worker", "gcp") == []


def test_a_reader_may_read_a_pair_on_one_cloud_alone(load_spec: Load) -> None:
    readers = "{worker: {clouds: [aws], restriction: mesh}, batch: {clouds: [gcp]}}"
    part = f"tier: standard\nsecrets: {{db-password: {{readers: {readers}}}}}\n"
    spec = load_spec(part, base=ON_BOTH)
    assert (spec.readers("aws"), spec.readers("gcp")) == (["api", "worker"], ["api", "batch"])
    assert (spec.read_by("worker", "gcp"), spec.read_by("worker", "aws")) == ([], ["db-password"])
    assert set(spec.secrets["db-password"].readers_on("gcp")) == {"api", "batch"}
    assert spec.relaxations() == []


def test_an_account_is_wanted_of_readers_on_gcp_alone(load_spec: Load) -> None:
    part = "secrets: {db-password: {readers: {rotator: {clouds: [aws]}}}}\n"
    assert "rotator" in load_spec(part, base=ON_BOTH).readers("aws")


def test_a_reader_has_a_restriction_for_each_cloud(load_spec: Load) -> None:
    spec = load_spec("", base=ON_BOTH)
    assert spec.restriction_of("db-password", "api", "aws") == spec.restrictions["mesh"]
    assert spec.restriction_of("db-password", "api", "gcp") == spec.restrictions["hours"]
    one = load_spec(
        "restrictions: {contract: {expires: '2030-01-01'}}\n"
        "secrets: {db-password: {readers: {worker: {restriction: contract}}}}\n",
        base=ON_BOTH,
    )
    assert {one.restriction_of("db-password", "worker", cloud) for cloud in ("aws", "gcp")} == {
        one.restrictions["contract"]
    }


def test_a_restriction_on_one_cloud_alone_is_shown_as_a_relaxation(load_spec: Load) -> None:
    part = "tier: standard\nsecrets: {db-password: {readers: {worker: {restriction: {aws: mesh}}, batch: {}}}}\n"
    assert load_spec(part, base=ON_BOTH).relaxations() == [
        "secrets.db-password.readers.worker.restriction: none on GCP, while AWS has mesh"
    ]


def test_the_project_merges_over_the_base_as_the_account_does(load_spec: Load) -> None:
    spec = load_spec('gcp: {project: acme-two, number: "300000000004", replicas: [us-west1]}\n', base=ON_BOTH)
    scope = spec.scope("gcp")
    assert (scope.project, scope.number, scope.location, scope.region) == (
        "acme-two",
        "300000000004",
        "us-east1",
        "us-east1",
    )
    assert scope.regions == ("us-east1", "us-west1")
    assert load_spec("gcp: {key_ring: old}\n", base=ON_BOTH).scope("gcp").key_ring_name == "old"


def test_encryption_keys_follow_the_replicas_of_both_clouds_and_other_keys_stay(load_spec: Load) -> None:
    part = 'aws: {account: "123456789012", replicas: [us-west-2]}\ngcp: {replicas: [us-west1]}\n'
    spec = load_spec(part, base=ON_BOTH)
    assert {cloud: spec.keys["data"].replicas_on(cloud) for cloud in ("aws", "gcp")} == {
        "aws": ["us-west-2"],
        "gcp": ["us-west1"],
    }
    assert spec.keys["tokens"].replicas == []
    apart = load_spec(
        f"{part}keys: {{data: {{replicas: []}}}}\nsecrets: {{db-password: {{replicas: false}}}}\n", base=ON_BOTH
    )
    assert apart.keys["data"].replicas == []


def test_a_global_environment_says_where_its_rotator_runs(load_spec: Load) -> None:
    scope = load_spec("gcp: {location: global, region: europe-west3}\n", base=ON_BOTH).scope("gcp")
    assert (scope.regions, scope.region) == (("global",), "europe-west3")


@pytest.mark.parametrize("tier", TIERS)
def test_times_have_the_defaults_of_the_tier_on_gcp_too(load_spec: Load, tier: Tier) -> None:
    spec, defaults = load_spec(f"tier: {tier}\n{ON_GCP}", base=ON_BOTH), TIERS[tier]
    key, secret = spec.keys["data"], spec.secrets["db-password"]
    assert (key.rotation, key.deletion_window) == (timedelta(days=90), defaults.deletion_window)
    assert (secret.recovery_window, secret.rotation.every) == (defaults.recovery_window, defaults.secret_every)
    assert defaults.hsm is (tier == "critical")


@pytest.mark.parametrize("tier", TIERS)
def test_a_key_on_gcp_rotates_within_90_days_and_a_longer_period_shows(load_spec: Load, tier: Tier) -> None:
    keys = "keys: {data: {}, there: {clouds: [gcp]}, here: {clouds: [aws]}, slow: {rotation: 120d}}\n"
    spec = load_spec(f"tier: {tier}\n{keys}", base=ON_BOTH)
    found = {name: spec.keys[name].rotation for name in ("data", "there", "here")}
    assert found == {"data": timedelta(days=90), "there": timedelta(days=90), "here": TIERS[tier].key_rotation}
    assert "keys.slow.rotation: 120d, the tier's default is 90d" in spec.relaxations()


def test_a_key_on_gcp_alone_may_rotate_as_often_as_gcp_allows(load_spec: Load) -> None:
    spec = load_spec(f"{ON_GCP}keys: {{data: {{rotation: 1d}}}}\n", base=ON_BOTH)
    assert spec.keys["data"].rotation == timedelta(days=1)


def test_principals_of_both_clouds_stand_in_the_same_lists(load_spec: Load) -> None:
    pool = "iam.googleapis.com/projects/300000000003/locations/global/workloadIdentityPools/ci-pool"
    part = (
        "keys: {data: {users: ['arn:aws:iam::123456789012:role/x', 'group:sre@acme.example']}}\n"
        "roles:\n"
        "  administrators: {trust: ['user:ada@acme.example', 'arn:aws:iam::999999999999:role/sso']}\n"
        "  break_glass: {trust: ['group:oncall@acme.example', 'arn:aws:iam::123456789012:user/oncall']}\n"
        "secrets: {db-password: {readers: {api: {trust: [ecs-tasks.amazonaws.com, "
        f"'serviceAccount:checkout@acme-prod.iam.gserviceaccount.com', 'principal://{pool}/subject/main', "
        f"'principalSet://{pool}/attribute.repository/acme/shop', "
        "'principal://iam.googleapis.com/locations/global/workforcePools/acme-staff/subject/ada']}}}}\n"
    )
    assert len(load_spec(part, base=ON_BOTH).secrets["db-password"].readers["api"].trust) == 5


def test_rotators_that_call_others_have_what_they_need(load_spec: Load) -> None:
    part = (
        "secrets:\n"
        "  gateway: {purpose: opens, key: data, rotation: {rotator: external, code: rotators/gateway.py,"
        " strategy: GatewayKeys, settings: {url: 'https://gateway.example'}}}\n"
        "  upload: {purpose: opens, key: data, clouds: [gcp], rotation: {rotator: service-account-key,"
        " service_account: upload@acme-prod.iam.gserviceaccount.com}}\n"
    )
    spec = load_spec(part, base=ON_BOTH)
    gateway, upload = spec.secrets["gateway"].rotation, spec.secrets["upload"].rotation
    assert (gateway.code, gateway.strategy, gateway.settings) == (
        "rotators/gateway.py",
        "GatewayKeys",
        {"url": "https://gateway.example"},
    )
    assert upload.service_account == "upload@acme-prod.iam.gserviceaccount.com"
    assert (spec.rotated("aws"), spec.rotated("gcp")) == (["db-password", "gateway"], ["upload"])


def test_two_environments_in_one_project_have_to_say_so(load_spec: Load) -> None:
    account = 'aws: {{account: "{}"}}\n'
    prod = load_spec(account.format("123456789012"), base=ON_BOTH)
    test = load_spec(account.format("210987654321"), environment="test", base=ON_BOTH)
    [problem] = crowded(prod, [prod, test])
    assert str(problem) == (
        "stacks/Pulumi.prod.yaml: keystead:environment.gcp.project: found 'acme-prod', which is the project of test "
        "as well; give each environment its own project, or set shared: true in every environment of this project"
    )
    shared = load_spec(f"{account.format('123456789012')}gcp: {{shared: true}}\n", base=ON_BOTH)
    assert crowded(shared, [shared, test]) == []
    alone = load_spec("")
    assert crowded(alone, [alone, test]) == []


def test_check_tells_of_overlaps_on_gcp_that_are_shorter_than_an_alias_takes_and_of_keys_that_may_be_forbidden(
    load_spec: Load,
) -> None:
    account = "upload@acme-prod.iam.gserviceaccount.com"
    part = (
        'gcp: {number: "300000000003"}\n'
        "secrets:\n"
        "  db-password: {rotation: {every: 30d, overlap: 1m}}\n"
        "  upload: {purpose: opens, key: data, clouds: [gcp], "
        f"rotation: {{rotator: service-account-key, service_account: {account}}}}}\n"
    )
    short, forbidden = [line for line in load_spec(part, base=ON_BOTH).relaxations() if "rotation." in line]
    assert short.startswith("secrets.db-password.rotation.overlap: 1m, and readers on GCP may get the value before")
    assert "iam.disableServiceAccountKeyCreation --effective --project acme-prod" in forbidden
