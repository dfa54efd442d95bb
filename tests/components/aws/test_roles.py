"""Roles: each the least that works."""

from typing import Any

import pytest

from tests.components.aws.provisioned import Provisioned, provision


@pytest.fixture(scope="module")
def prod() -> Provisioned:
    return provision("prod")


def allowed(prod: Provisioned, role: str) -> dict[str, Any]:
    statements = prod.of("iam/rolePolicy:RolePolicy")[role].document()["Statement"]
    return {one["Sid"]: one for one in statements if one["Effect"] == "Allow"}


def test_a_reader_reads_exactly_the_secrets_that_name_it(prod: Provisioned) -> None:
    resources = {
        arn
        for one in allowed(prod, "finance-desk-reader").values()
        if "secretsmanager:GetSecretValue" in one["Action"]
        for arn in one["Resource"]
    }
    assert {arn.partition(":secret:")[2] for arn in resources} == {
        "prod/ledger-export-passphrase-??????",
        "prod/ledger-reading-token-??????",
    }


def test_a_reader_reads_by_label_and_only_current_or_previous(prod: Provisioned) -> None:
    for one in allowed(prod, "checkout-reader").values():
        if "secretsmanager:GetSecretValue" in one["Action"]:
            assert one["Condition"]["Null"] == {"secretsmanager:VersionId": "true"}
            assert one["Condition"]["StringEqualsIfExists"] == {
                "secretsmanager:VersionStage": ["AWSCURRENT", "AWSPREVIOUS"]
            }


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_who_manages_or_audits_is_denied_every_value(prod: Provisioned, role: str) -> None:
    never = prod.of("iam/rolePolicy:RolePolicy")[role].statement("NeverRead")
    assert (never["Effect"], never["Action"], never["Resource"]) == ("Deny", ["secretsmanager:GetSecretValue"], "*")


def test_the_administrator_writes_only_what_people_bring(prod: Provisioned) -> None:
    (put,) = [
        one for one in allowed(prod, "administrator").values() if "secretsmanager:PutSecretValue" in one["Action"]
    ]
    assert put["Resource"] == ["arn:aws:secretsmanager:us-east-1:333333333333:secret:prod/*"]
    assert put["Condition"] == {"StringEquals": {"aws:ResourceTag/keystead:rotation": "manual"}}


def test_the_administrator_cannot_make_a_rotated_secret_one_that_people_bring(prod: Provisioned) -> None:
    keep = prod.of("iam/rolePolicy:RolePolicy")["administrator"].statement("KeepTags")
    assert (keep["Effect"], keep["Resource"]) == ("Deny", "*")
    assert keep["Action"] == ["secretsmanager:TagResource", "secretsmanager:UntagResource"]
    tags = keep["Condition"]["ForAnyValue:StringEqualsIgnoreCase"]["aws:TagKeys"]
    assert {"keystead:rotation", "keystead:environment", "keystead:owner"} <= set(tags)


def test_the_administrator_can_rotate_at_once_and_only_with_the_environments_own_rotator(prod: Provisioned) -> None:
    function = "arn:aws:lambda:us-east-1:333333333333:function:prod-rotator"
    granted = allowed(prod, "administrator")
    assert granted["CallRotator"]["Resource"] == function
    assert granted["RotateNow"]["Condition"] == {"ArnEqualsIfExists": {"secretsmanager:RotationLambdaARN": function}}
    rotating = [sid for sid, one in granted.items() if "secretsmanager:RotateSecret" in one["Action"]]
    assert rotating == ["RotateNow"]


def test_the_administrator_moves_the_environments_aliases_alone(prod: Provisioned) -> None:
    assert allowed(prod, "administrator")["Aliases"]["Resource"] == [
        "arn:aws:kms:us-east-1:333333333333:alias/prod/*",
        "arn:aws:kms:us-west-2:333333333333:alias/prod/*",
    ]


def test_the_rotator_reaches_a_secret_under_its_old_name_only_while_it_is_being_renamed() -> None:
    secret = {"purpose": "opens the till", "key": "data", "rotation": {"rotator": "manual"}}
    spec: dict[str, Any] = {
        "tier": "standard",
        "owners": ["shop"],
        "aws": {"account": "333333333333", "region": "us-east-1"},
        "keys": {"data": {"purpose": "secrets of the shop"}},
        "secrets": {"old": secret, "new": {**secret, "renamed_from": "old"}, "other": secret},
    }
    during = provision("shop", spec)
    arn = "arn:aws:secretsmanager:us-east-1:333333333333:secret:shop"
    granted = allowed(during, "rotator")
    assert granted["ReadOldNames"]["Resource"] == [f"{arn}/old-??????"]
    assert granted["WriteNewNames"]["Resource"] == [f"{arn}/new-??????"]
    policies = during.of("secretsmanager/secretPolicy:SecretPolicy")
    readers = {name: str(policy.statement("DenyReadToOthers")["Condition"]) for name, policy in policies.items()}
    assert {name: "role/shop-rotator" in text for name, text in readers.items()} == {
        "old": True,
        "new": True,
        "other": False,
    }
    spec["secrets"].pop("old")
    spec["secrets"]["new"] = secret
    assert {"ReadOldNames", "WriteNewNames"}.isdisjoint(allowed(provision("shop", spec), "rotator"))


def test_the_auditor_changes_nothing(prod: Provisioned) -> None:
    actions = {action for one in allowed(prod, "auditor").values() for action in one["Action"]}
    verbs = {action.partition(":")[2] for action in actions}
    assert verbs
    assert all(verb.startswith(("Describe", "Get", "List", "Lookup", "Filter")) for verb in verbs)
    assert "secretsmanager:GetSecretValue" not in actions


def test_break_glass_needs_a_second_factor_and_lasts_an_hour(prod: Provisioned) -> None:
    role = prod.of("iam/role:Role")["break-glass"]
    (trust,) = role.document("assumeRolePolicy")["Statement"]
    assert trust["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    assert role.inputs["maxSessionDuration"] == 3600


def trusting(*principals: str) -> dict[str, Any]:
    """Statements of the trust policy of a reader with this trust, by Sid."""
    overlay = {
        "tier": "low",
        "owners": ["payments"],
        "aws": {"account": "444444444444", "region": "us-east-1"},
        "keys": {"data": {"purpose": "secrets"}},
        "secrets": {"db": {"purpose": "opens it", "key": "data", "readers": {"api": {"trust": list(principals)}}}},
    }
    role = provision("dev", overlay).of("iam/role:Role")["api-reader"]
    return {one["Sid"]: one for one in role.document("assumeRolePolicy")["Statement"]}


def test_a_service_that_names_the_account_it_acts_for_has_to_act_for_this_one() -> None:
    (services,) = trusting("ecs-tasks.amazonaws.com", "states.amazonaws.com").values()
    assert services["Condition"] == {"StringEquals": {"aws:SourceAccount": "444444444444"}}


@pytest.mark.parametrize("service", ["ec2.amazonaws.com", "ec2.amazonaws.com.cn", "lambda.amazonaws.com"])
def test_a_service_that_names_no_account_is_not_locked_out_by_a_condition_on_it(service: str) -> None:
    statements = trusting("ecs-tasks.amazonaws.com", service)
    assert statements["OtherServices"]["Principal"] == {"Service": [service]}
    assert "Condition" not in statements["OtherServices"]
    assert statements["Services"]["Principal"] == {"Service": ["ecs-tasks.amazonaws.com"]}


def test_pods_may_assume_a_reader_with_the_session_tags_they_bring() -> None:
    (pods,) = trusting("pods.eks.amazonaws.com").values()
    assert pods["Action"] == ["sts:AssumeRole", "sts:TagSession"]


def test_a_reader_without_trust_is_open_to_what_the_accounts_own_policies_allow() -> None:
    (principals,) = trusting().values()
    assert principals["Principal"] == {"AWS": "arn:aws:iam::444444444444:root"}


def test_the_rotator_touches_a_value_only_where_it_is_the_secrets_rotator(prod: Provisioned) -> None:
    touching = [one for one in allowed(prod, "rotator").values() if "secretsmanager:PutSecretValue" in one["Action"]]
    (rotate,) = touching
    assert rotate["Condition"]["StringEquals"] == {
        "secretsmanager:resource/AllowRotationLambdaArn": "arn:aws:lambda:us-east-1:333333333333:function:prod-rotator"
    }
    assert rotate["Condition"]["Null"] == {"aws:ResourceTag/keystead:rotation": "true"}
    assert rotate["Resource"] == ["arn:aws:secretsmanager:us-east-1:333333333333:secret:prod/*"]


@pytest.mark.parametrize("role", ["rotator", "administrator"])
def test_who_writes_a_value_may_encrypt_it_for_the_replicas(prod: Provisioned, role: str) -> None:
    through = allowed(prod, role)["KeysThroughSecretsManager"]
    assert "kms:Encrypt" in through["Action"]
    assert "arn:aws:mock:::ReplicaKey/data-us-west-2" in through["Resource"]
    assert "secretsmanager.us-west-2.amazonaws.com" in through["Condition"]["StringEquals"]["kms:ViaService"]


def test_who_only_reads_never_encrypts(prod: Provisioned) -> None:
    for role in ("checkout-reader", "break-glass"):
        assert allowed(prod, role)["KeysThroughSecretsManager"]["Action"] == ["kms:Decrypt"]


def test_every_role_is_denied_what_another_environment_tagged(prod: Provisioned) -> None:
    policies = prod.of("iam/rolePolicy:RolePolicy")
    for name, policy in policies.items():
        if name == "sweep":
            continue
        deny = policy.statement("DenyOtherEnvironments")
        assert deny["Condition"]["StringNotEquals"] == {"aws:ResourceTag/keystead:environment": "prod"}


def test_no_role_is_granted_everything_of_a_service(prod: Provisioned) -> None:
    for policy in prod.of("iam/rolePolicy:RolePolicy").values():
        for one in policy.document()["Statement"]:
            if one["Effect"] == "Allow":
                assert not [action for action in one["Action"] if action.endswith(":*") or action == "*"]
