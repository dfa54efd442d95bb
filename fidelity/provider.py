"""What tells one official provider from another: its types, the arguments that Pulumi renames, and its settings."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An official Terraform provider, and how the resources of one Pulumi package are declared with it."""

    cloud: str
    """The Pulumi package: `aws` or `gcp`."""
    source: str
    """Its address in Terraform's registry."""
    prefix: str
    """What its resource types begin with."""
    modules: Mapping[str, str] = field(default_factory=dict)
    """Parts of type names by Pulumi module, where the two differ."""
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By resource type, the arguments that Pulumi calls otherwise."""
    generated: Mapping[str, str] = field(default_factory=dict)
    """Outputs that may be known only once a resource is made, by their path, and the expressions that give them."""
    settings: Callable[[Properties], dict[str, Any]]
    """The provider's own settings, from the inputs of Pulumi's provider resource."""

    @property
    def name(self) -> str:
        """What a configuration calls it."""
        return self.source.rpartition("/")[2]

    def types(self, token: str) -> list[str]:
        """The names that a Pulumi type may have in Terraform, the most likely first."""
        _, module, last = token.split(":")
        name, module = snake(last), module.partition("/")[0]
        module = self.modules.get(module, snake(module))
        return [f"{self.prefix}_{module}_{name}", f"{self.prefix}_{module}", f"{self.prefix}_{name}"]


def snake(name: str) -> str:
    """Write `targetKeyId` as `target_key_id`, and `IAMMember` as `iam_member`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return apart.lower()


def given(inputs: Properties) -> dict[str, Any]:
    """A provider's inputs as values; the SDK hands them to the engine as JSON."""
    return {name: _value(value) for name, value in inputs.items()}


def _value(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _aws(inputs: Properties) -> dict[str, Any]:
    known = given(inputs)
    return {
        "region": known["region"],
        "allowed_account_ids": [str(account) for account in known["allowedAccountIds"]],
        "default_tags": [{"tags": known["defaultTags"]["tags"]}],
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
    }


def _gcp(inputs: Properties) -> dict[str, Any]:
    known = given(inputs)
    return {
        "project": known["project"],
        "default_labels": known.get("defaultLabels") or {},
        "add_terraform_attribution_label": False,
    }


AWS = Provider(
    cloud="aws",
    source="hashicorp/aws",
    prefix="aws",
    renamed={
        "aws_cloudwatch_metric_alarm": {"name": "alarm_name"},
        "aws_cloudwatch_composite_alarm": {"name": "alarm_name"},
        "aws_lambda_function": {"name": "function_name", "code": "filename"},
        "aws_lambda_permission": {"function": "function_name"},
        "aws_sns_topic_subscription": {"topic": "topic_arn"},
    },
    generated={"arn": "arn", "keyId": "key_id", "url": "url"},
    settings=_aws,
)
GCP = Provider(
    cloud="gcp",
    source="hashicorp/google-beta",
    prefix="google",
    modules={
        "accesscontextmanager": "access_context_manager",
        "cloudfunctionsv2": "cloudfunctions2",
        "cloudrunv2": "cloud_run_v2",
        "cloudscheduler": "cloud_scheduler",
        "projects": "project",
        "secretmanager": "secret_manager",
        "serviceaccount": "service_account",
    },
    generated={"name": "name", "serviceConfig.uri": "service_config[0].uri"},
    settings=_gcp,
)
PROVIDERS = (AWS, GCP)
