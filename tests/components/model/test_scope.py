import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keystead.model.alarms import Alarm
from keystead.model.aws.scope import AwsScope
from keystead.model.clouds import CLOUDS, Cloud
from keystead.model.names import ENVIRONMENT_LENGTH, NAME_LENGTH
from keystead.model.regions import REGIONS, cloud_of_region
from keystead.model.scopes import SCOPES
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.loading import load
from ministack.core.iam_evaluator import fnmatch_iam_cs

STACKS = Path(__file__).parents[3] / "stacks"
PROD = AwsScope(
    environment="prod",
    tier="critical",
    account="123456789012",
    region="us-east-1",
    owners=("payments", "security"),
)


def test_every_name_carries_the_environment() -> None:
    names = [name for name in dir(AwsScope) if isinstance(getattr(AwsScope, name), property)]
    about_place = {"partition", "domain", "root_arn", "regions", "home", "home_title", "title"}
    assert len(names) > 10
    assert all("prod" in getattr(PROD, name) for name in names if name not in about_place)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_is_an_entry_in_what_the_spec_reads(cloud: Cloud) -> None:
    scope, regions = SCOPES[cloud], REGIONS[cloud]
    section = get_args(EnvironmentSpec.model_fields[cloud].annotation)[0]
    assert scope.cloud == cloud
    assert {scope.home_kind, scope.region_kind, "replicas", "shared"} <= section.model_fields.keys()
    assert all(cloud_of_region(region) == cloud for region in regions.names())


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_has_the_alarms_that_rotation_needs_and_names_them_alike(cloud: Cloud) -> None:
    spec = load("prod", STACKS).scope(cloud)
    assert {Alarm.FAILED, Alarm.LATE, Alarm.DUE, Alarm.UNWATCHED} <= set(spec.alarms)
    assert [spec.alarm_name(alarm) for alarm in spec.alarms] == [f"prod-{alarm}" for alarm in spec.alarms]
    assert all(alarm.text and alarm.short for alarm in spec.alarms)


def test_the_longest_names_fit_a_role_of_iam() -> None:
    scope = replace(PROD, environment="e" * ENVIRONMENT_LENGTH)
    assert len(scope.reader_role("r" * NAME_LENGTH)) == 64


def test_resources_are_tagged_with_environment_tier_owner_and_maker() -> None:
    assert PROD.labels() == {
        "keystead:environment": "prod",
        "keystead:tier": "critical",
        "keystead:owner": "payments",
        "keystead:managed-by": "keystead",
    }
    assert PROD.labels("finance")["keystead:owner"] == "finance"


def test_other_partitions_have_their_own_arns() -> None:
    china = replace(PROD, region="cn-north-1")
    assert china.root_arn == "arn:aws-cn:iam::123456789012:root"
    assert china.role_arn("x").startswith("arn:aws-cn:iam::")


NAME = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda name: len(name) <= NAME_LENGTH)
RANDOM = st.from_regex(r"[A-Za-z0-9]{6}", fullmatch=True)


@given(name=NAME, other=NAME, random=RANDOM)
def test_a_secrets_arn_pattern_matches_that_secret_and_no_other(name: str, other: str, random: str) -> None:
    pattern = PROD.secret_arn_pattern(name)
    arn = f"arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/{other}-{random}"
    assert fnmatch_iam_cs(arn, pattern) is (name == other)
    assert not fnmatch_iam_cs(re.sub("prod/", "prod-2/", arn), pattern)


def test_a_secret_whose_name_goes_on_where_another_ends_is_not_matched() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/orders-export-AbCdEf"
    assert fnmatch_iam_cs(arn, PROD.secret_arn_pattern("orders-export"))
    assert not fnmatch_iam_cs(arn, PROD.secret_arn_pattern("orders"))
