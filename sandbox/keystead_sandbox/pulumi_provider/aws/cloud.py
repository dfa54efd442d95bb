"""The AWS side of the plugin: it stands in for pulumi-aws."""

import datetime as dt
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from keystead_sandbox.pulumi_provider import official
from keystead_sandbox.pulumi_provider.aws.context import Context
from keystead_sandbox.pulumi_provider.aws.life import AwsLife
from keystead_sandbox.pulumi_provider.aws.resource import Resource
from keystead_sandbox.pulumi_provider.aws.sessions import Session, Sessions
from keystead_sandbox.pulumi_provider.aws.table import RESOURCES
from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.plugin import Cloud, Request
from keystead_sandbox.pulumi_provider.settings import Settings
from keystead_sandbox.pulumi_provider.values.containers import Listing
from keystead_sandbox.pulumi_provider.values.scalars import Text, Value

SETTINGS = Settings(
    "aws",
    official.settings("aws"),
    {"allowedAccountIds": Listing(), "forbiddenAccountIds": Listing(), "defaultTags": Value(), "region": Text(least=1)},
    exclusive=("allowedAccountIds", "forbiddenAccountIds"),
)

KEY = "aws:kms/getKey:getKey"


def cloud(registry: Path) -> Cloud[Resource, Session]:
    """Return what the plugin needs to serve AWS."""
    return Cloud(
        name="aws",
        version="7.51.1",
        settings=SETTINGS,
        table=RESOURCES,
        functions={
            "aws:index/getCallerIdentity:getCallerIdentity": _caller,
            "aws:index/getRegion:getRegion": _region,
            KEY: _key,
        },
        open=Sessions(registry).open,
        live=live,
    )


def live(resource: Resource, session: Session, request: Request) -> AwsLife:
    """Return one resource; the id of an import may name the region after an @, as pulumi-aws 7 allows."""
    state, resource_id = request.state, request.id
    head, separator, region = resource_id.rpartition("@")
    if resource.regional and separator and not state and "-" in region and ":" not in region:
        resource_id, state = head, {"region": region}
    return AwsLife(resource, Context(session, request.inputs, state, resource_id, parts=resource.split))


def _caller(session: Session, _: dict[str, Any]) -> dict[str, Any]:
    answer = session.client("sts").get_caller_identity()
    account = answer["Account"]
    return {"id": account, "accountId": account, "arn": answer["Arn"], "userId": answer["UserId"]}


def _region(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    name = arguments.get("region") or arguments.get("name") or session.region
    return {"id": name, "name": name, "region": name, "endpoint": f"ec2.{name}.amazonaws.com", "description": name}


def _key(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Describe a key in any state, as data source aws_kms_key of the official provider 5.100 does."""
    asked, region = str(arguments["keyId"]), arguments.get("region") or session.region
    try:
        found = session.client("kms", region).describe_key(KeyId=asked)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            raise ProviderError(f"reading KMS Key ({asked}): couldn't find resource") from None
        raise
    deletion = found.get("DeletionDate")
    return {
        "id": found["KeyId"],
        "keyId": asked,
        "arn": found["Arn"],
        "region": region,
        "awsAccountId": found["Arn"].split(":")[4],
        "creationDate": found["CreationDate"].isoformat(),
        "customerMasterKeySpec": found["KeySpec"],
        "deletionDate": deletion.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if deletion else "",
        "description": found.get("Description", ""),
        "enabled": found["Enabled"],
        "keyManager": found["KeyManager"],
        "keySpec": found["KeySpec"],
        "keyState": found["KeyState"],
        "keyUsage": found["KeyUsage"],
        "multiRegion": found.get("MultiRegion", False),
        "origin": found["Origin"],
    }
