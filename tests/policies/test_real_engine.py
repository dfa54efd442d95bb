"""The pack under the real engine, with the commands a user has."""

from collections.abc import Iterator

import pytest

from bench.real_engine import Project, project

WRONG = {"type": "aws:kms/key:Key", "name": "orders", "properties": {"description": "orders"}}
RIGHT = {"type": "aws:kms/grant:Grant", "name": "orders", "properties": {"operations": ["Encrypt"]}}

pytestmark = pytest.mark.e2e


GUARD = "aws-provider-is-bound-to-its-account"
LATE = """
import json
import pulumi

key = pulumi.CustomResource("aws:kms/key:Key", "orders", {"enableKeyRotation": True})
everybody = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
policy = key.id.apply(lambda _id: json.dumps({"Statement": [everybody]}))
properties = {"policy": policy, "blockPublicPolicy": True}
pulumi.CustomResource("aws:secretsmanager/secretPolicy:SecretPolicy", "orders", properties)
"""
"""A program whose policy is known once its key is made."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project(tmp_path_factory.mktemp("shop")) as made:
        yield made


def test_a_finding_stops_a_preview_of_production_and_not_of_development(shop: Project) -> None:
    shop.declare([WRONG])
    shop.configure("prod", {})
    prod, dev = shop.preview("prod"), shop.preview("dev")
    told = (
        "Key 'orders': `enableKeyRotation` is not true, so KMS never rotates the key; set `enableKeyRotation` to true"
    )
    assert told in prod.output
    assert told in dev.output
    assert "[mandatory]" in prod.output
    assert "[mandatory]" not in dev.output
    assert (prod.code != 0, dev.code) == (True, 0)


def test_a_right_program_previews_without_a_word(shop: Project) -> None:
    shop.declare([RIGHT])
    shop.configure("prod", {"rules": {GUARD: "disabled"}})
    prod = shop.preview("prod")
    assert prod.code == 0, prod.output
    assert "keystead@" not in prod.output


def test_a_waiver_in_the_stack_file_lets_a_finding_pass_and_is_told(shop: Project) -> None:
    shop.declare([{**WRONG, "properties": {"description": "orders", "tags": {"keystead:owner": "shop"}}}])
    common = {"resource": "*", "owner": "payments", "ticket": "OPS-1", "reason": "moves", "until": "2199-12-31"}
    rules = (GUARD, "aws-key-rotates", "aws-key-has-alias", "aws-resource-is-tagged")
    shop.configure("prod", {"waivers": {rule: {"rule": rule, **common} for rule in rules}})
    prod = shop.preview("prod")
    assert prod.code == 0, prod.output
    assert "waived until 2199-12-31 by payments, OPS-1" in prod.output


def test_a_wrong_setting_stops_with_what_is_allowed(shop: Project) -> None:
    shop.declare([RIGHT])
    shop.configure("prod", {"waiver": {}})
    prod = shop.preview("prod")
    assert prod.code != 0
    assert "keystead-policies:settings key is 'waiver'; write one of" in prod.output


def test_a_rule_told_to_repair_changes_what_is_made(shop: Project) -> None:
    shop.declare([WRONG])
    shop.configure("dev", {"rules": {"aws-key-rotates": "remediate"}})
    dev = shop.preview("dev")
    assert dev.code == 0, dev.output
    assert "enableKeyRotation: true" in dev.output
    assert "never rotates" not in dev.output


def test_what_a_preview_cannot_know_is_named_there_and_stopped_by_up_before_it_is_made(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with project(tmp_path_factory.mktemp("late")) as late:
        late.program(LATE)
        rules = ("aws-key-has-alias", "aws-resource-is-tagged", "aws-resource-has-an-owner", GUARD)
        late.configure("prod", {"rules": dict.fromkeys(rules, "disabled")})
        preview, up, held = late.preview("prod"), late.up("prod"), late.pulumi("stack", "export", "-s", "prod")
    assert preview.code == 0, preview.output
    assert "policy of SecretPolicy 'orders' is not known yet" in preview.output
    assert "aws-secret-policy-is-not-public" in preview.output
    assert up.code != 0
    assert "SecretPolicy 'orders': `policy`: a statement without a Sid allows Principal '*'" in up.output
    assert "::orders" in held.output
    assert "secretPolicy" not in held.output
