"""Secret Manager: secrets; their values never pass here.

Read in magic-modules: products/secretmanager/Secret.yaml; constants, pre_update, pre_delete of secret_manager_secret.
"""

from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.errors import ProviderError
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import COMPUTED, Json, Labels, Property, part
from keystead_sandbox.pulumi_provider.gcp.values import Exactly
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import Failure, Nested


def _elsewhere(old: Any, new: Any) -> bool:
    """A replica's key may change in place; everything else of a replication is fixed."""
    return bool(_places(old) != _places(new))


def _places(replication: Any) -> Any:
    found = replication if isinstance(replication, Mapping) else {}
    if found.get("userManaged"):
        replicas = found["userManaged"].get("replicas") or []
        return [replica.get("location") for replica in replicas] if isinstance(replicas, list) else replicas
    return found.get("auto")


def _protected(context: Context) -> None:
    if context.state.get("deletionProtection"):
        text = "without setting deletionProtection=false and updating it first"
        raise ProviderError(f"cannot destroy {context.id} {text}")


def _one_expiry(context: Context, body: Json) -> Json:
    """A changed ttl makes a new expiry."""
    if body.get("ttl") and context.inputs.get("ttl") != context.state.get("ttl"):
        body.pop("expireTime", None)
    return body


def _problems(inputs: Mapping[str, Any]) -> list[Failure]:
    found = []
    replication, rotation = inputs.get("replication"), inputs.get("rotation")
    if isinstance(replication, Mapping) and len(set(replication) & {"auto", "userManaged"}) != 1:
        found.append(("replication", "exactly one of auto and userManaged must be given"))
    if rotation and not inputs.get("topics"):
        found.append(("rotation", "needs topics"))
    if isinstance(rotation, Mapping) and rotation.get("nextRotationTime") and not rotation.get("rotationPeriod"):
        found.append(("rotation.nextRotationTime", "needs rotation.rotationPeriod"))
    if inputs.get("ttl") and inputs.get("expireTime"):
        found.append(("ttl", "only one of ttl and expireTime can be given"))
    return found


SECRET = Resource(
    type="gcp:secretmanager/secret:Secret",
    api="secretmanager.v1",
    schema="Secret",
    special={
        "secretId": part(),
        "replication": Property(nested={"auto": Nested("automatic", present=True)}, replace=_elsewhere),
        "topics": Property(nested={"name": Nested(kind=Exactly())}),
        "expireTime": COMPUTED,
        "ttl": Property(unread=True),
        "deletionProtection": Property(default=False),
    },
    operations=Rest(
        "projects/{project}/secrets", query={"secretId": "{secretId}"}, finish=_one_expiry, before_delete=_protected
    ),
    id="projects/{project}/secrets/{secretId}",
    imports=("{project}/{secretId}", "{secretId}"),
    outputs={"name": "name", "createTime": "createTime"},
    labels=(Labels(), Labels("annotations", "effectiveAnnotations", "")),
    name=Autoname("secretId"),
    verify=_problems,
    refused=frozenset({"secretType", "tags"}),
)

RESOURCES = (SECRET,)
