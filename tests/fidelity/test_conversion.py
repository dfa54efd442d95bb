"""An exported state becomes a configuration of Terraform that declares the same resources."""

from pathlib import Path
from typing import Any

import pytest

from fidelity.conversion import Configuration, Conversion
from fidelity.provider import AWS, GCP, Provider

TEXT = {"type": "string", "optional": True}
TEXTS = {"type": ["set", "string"], "optional": True}
COMPUTED = {"type": "string", "computed": True}
SCHEMAS = {
    "aws_kms_key": {
        "block": {"attributes": {"description": TEXT, "policy": TEXT, "arn": COMPUTED, "key_id": COMPUTED}}
    },
    "aws_secretsmanager_secret": {
        "block": {
            "attributes": {"name": {"type": "string", "required": True}, "kms_key_id": TEXT, "arn": COMPUTED},
            "block_types": {"replica": {"block": {"attributes": {"region": TEXT}}}},
        }
    },
    "aws_lambda_function": {"block": {"attributes": {"function_name": TEXT, "filename": TEXT, "architectures": TEXTS}}},
    "google_cloudfunctions2_function": {
        "block": {
            "attributes": {"name": TEXT},
            "block_types": {
                "service_config": {"max_items": 1, "block": {"attributes": {"uri": COMPUTED, "timeout_seconds": TEXT}}}
            },
        }
    },
    "google_pubsub_subscription": {"block": {"attributes": {"name": TEXT, "push_endpoint": TEXT}}},
}
PROVIDERS = {
    "aws": {"region": "us-east-1", "allowedAccountIds": '["111111111111"]', "defaultTags": '{"tags": {"a": "b"}}'},
    "gcp": {"project": "acme-dev", "defaultLabels": '{"keystead-environment": "dev"}'},
}
KEY = "arn:aws:kms:us-east-1:111111111111:key/4f0c"


def resource(kind: str, name: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::keystead::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "inputs": inputs, "id": name, "outputs": inputs, **more}


def converted(provider: Provider, *resources: dict[str, Any]) -> Configuration:
    kind = f"pulumi:providers:{provider.cloud}"
    state = {"deployment": {"resources": [resource(kind, "dev", PROVIDERS[provider.cloud]), *resources]}}
    return Conversion(provider, SCHEMAS, state, Path("/stacks")).configuration()


def key(**more: Any) -> dict[str, Any]:
    given = {"description": "of checkout", **more}
    return resource("aws:kms/key:Key", "data", given, outputs={**given, "arn": KEY, "keyId": KEY[-4:]})


def secret(**more: Any) -> dict[str, Any]:
    return resource("aws:secretsmanager/secret:Secret", "token", {"name": "dev/token", "kmsKeyId": KEY}, **more)


def test_what_a_resource_took_from_another_becomes_a_reference() -> None:
    made = converted(AWS, key(), secret(dependencies=[key()["urn"]]))
    body = made.document["resource"]["aws_secretsmanager_secret"]["token"]
    assert body == {
        "name": "dev/token",
        "kms_key_id": "${aws_kms_key.data.arn}",
        "depends_on": ["aws_kms_key.data"],
    }
    assert made.declared == ["aws_kms_key.data", "aws_secretsmanager_secret.token"]
    assert not made.problems


def test_a_name_that_only_equals_another_resource_stays_a_name() -> None:
    made = converted(AWS, key(), secret())
    assert made.document["resource"]["aws_secretsmanager_secret"]["token"]["kms_key_id"] == KEY


def test_policy_variables_are_not_taken_for_references() -> None:
    made = converted(AWS, key(policy='{"Resource": "${aws:PrincipalTag/secret}"}'))
    assert made.document["resource"]["aws_kms_key"]["data"]["policy"] == '{"Resource": "$${aws:PrincipalTag/secret}"}'


def test_arguments_are_named_and_nested_as_the_provider_has_them() -> None:
    archive = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "path": ".build/rotator"}
    made = converted(
        AWS,
        resource(
            "aws:secretsmanager/secret:Secret", "token", {"name": "dev/token", "replicas": [{"region": "us-west-2"}]}
        ),
        resource(
            "aws:lambda/function:Function", "rotator", {"name": "r", "code": archive, "architectures": ["x86_64"]}
        ),
    )
    assert not made.problems
    assert made.document["resource"]["aws_secretsmanager_secret"]["token"]["replica"] == [{"region": "us-west-2"}]
    assert made.document["resource"]["aws_lambda_function"]["rotator"] == {
        "function_name": "r",
        "filename": "/stacks/.build/rotator",
        "architectures": ["x86_64"],
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (key(colour="red"), "aws_kms_key.data.colour: the official provider has no such argument"),
        (
            resource("aws:secretsmanager/secret:Secret", "x", {}),
            "aws_secretsmanager_secret.x.name: the official",
        ),
        (resource("aws:kms/grant:Grant", "x", {}), "aws:kms/grant:Grant: the official provider has no such resource"),
    ],
)
def test_what_the_official_provider_does_not_have_is_a_problem(wrong: dict[str, Any], said: str) -> None:
    assert [problem for problem in converted(AWS, wrong).problems if problem.startswith(said)]


def test_a_resource_of_another_region_has_a_provider_of_its_own() -> None:
    made = converted(AWS, key(region="us-west-2"))
    home, there = made.document["provider"]["aws"]
    assert (home["region"], home["default_tags"], "alias" in home) == ("us-east-1", [{"tags": {"a": "b"}}], False)
    assert (there["region"], there["alias"]) == ("us-west-2", "us-west-2")
    assert made.document["resource"]["aws_kms_key"]["data"]["provider"] == "aws.us-west-2"


def test_a_resource_waits_for_what_its_components_wait_for() -> None:
    parent = {"urn": "component", "type": "keystead:aws:Secret", "dependencies": [key()["urn"]]}
    made = converted(AWS, key(), parent, secret(parent="component"))
    assert made.document["resource"]["aws_secretsmanager_secret"]["token"]["depends_on"] == ["aws_kms_key.data"]


def test_what_a_function_is_called_at_on_gcp_becomes_a_reference() -> None:
    address = "https://dev-rotator.a.run.app"
    given = {"name": "dev-rotator", "serviceConfig": {"timeoutSeconds": 60}}
    function = resource(
        "gcp:cloudfunctionsv2/function:Function",
        "rotator",
        given,
        outputs={**given, "serviceConfig": {"uri": address}},
        ignoreChanges=["serviceConfig.timeoutSeconds"],
    )
    pushed = resource(
        "gcp:pubsub/subscription:Subscription",
        "rotations",
        {"name": "rotations", "pushEndpoint": address},
        dependencies=[function["urn"]],
    )
    made = converted(GCP, function, pushed)
    body = made.document["resource"]["google_pubsub_subscription"]["rotations"]
    assert body["push_endpoint"] == "${google_cloudfunctions2_function.rotator.service_config[0].uri}"
    assert body["provider"] == "google-beta"
    ignored = made.document["resource"]["google_cloudfunctions2_function"]["rotator"]["lifecycle"]
    assert ignored == {"ignore_changes": ["service_config[0].timeout_seconds"]}
    assert made.document["provider"]["google-beta"][0]["default_labels"] == {"keystead-environment": "dev"}


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("gcp:projects/iAMMember:IAMMember", "google_project_iam_member"),
        ("gcp:projects/iAMAuditConfig:IAMAuditConfig", "google_project_iam_audit_config"),
        ("gcp:serviceaccount/account:Account", "google_service_account"),
        ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "google_kms_crypto_key_iam_member"),
        ("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "google_cloud_run_v2_service_iam_member"),
        (
            "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
            "google_iam_workload_identity_pool_provider",
        ),
    ],
)
def test_types_of_gcp_are_found_by_their_names(token: str, kind: str) -> None:
    assert kind in GCP.types(token)
