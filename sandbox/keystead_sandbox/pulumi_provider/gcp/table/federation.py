"""Workload identity federation: pools and their providers.

Read in magic-modules: products/iambeta/{WorkloadIdentityPool,WorkloadIdentityPoolProvider}.yaml, the
constants of both, and the decoder treat_deleted_state_as_gone; both keep their ids for 30 days after they are deleted.
"""

import re
from collections.abc import Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import COMPUTED, Json, part
from keystead_sandbox.pulumi_provider.schema import Failure
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN

_POOLS = "projects/{project}/locations/global/workloadIdentityPools"
_PROVIDERS = f"{_POOLS}/{{workloadIdentityPoolId}}/providers"


_ID = re.compile(r"(?!gcp-)[0-9a-z-]{4,32}")


def _identifier(name: str, inputs: Mapping[str, Any]) -> list[Failure]:
    value = inputs[name]
    if value == UNKNOWN or _ID.fullmatch(value):
        return []
    return [(name, "expected 4 to 32 lower-case letters, digits and dashes, not beginning with gcp-")]


def _deleted(record: Json) -> bool:
    return record.get("state") == "DELETED"


POOL = Resource(
    type="gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
    api="iam.v1",
    schema="WorkloadIdentityPool",
    special={"workloadIdentityPoolId": part(), "mode": COMPUTED},
    operations=Rest(_POOLS, query={"workloadIdentityPoolId": "{workloadIdentityPoolId}"}, slow=True, gone=_deleted),
    id=f"{_POOLS}/{{workloadIdentityPoolId}}",
    imports=("{project}/{workloadIdentityPoolId}", "{workloadIdentityPoolId}"),
    outputs={"name": "name", "state": "state"},
    verify=lambda inputs: _identifier("workloadIdentityPoolId", inputs),
    refused=frozenset({"attestationRules", "inlineCertificateIssuanceConfig", "inlineTrustConfig"}),
)


def _problems(inputs: Mapping[str, Any]) -> list[Failure]:
    given = [name for name in ("aws", "oidc", "saml") if inputs.get(name)]
    found = [] if len(given) == 1 else [("aws", "exactly one of aws, oidc and saml must be given")]
    return found + _identifier("workloadIdentityPoolProviderId", inputs)


PROVIDER = Resource(
    type="gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
    api="iam.v1",
    schema="WorkloadIdentityPoolProvider",
    special={"workloadIdentityPoolId": part(), "workloadIdentityPoolProviderId": part()},
    operations=Rest(
        _PROVIDERS,
        query={"workloadIdentityPoolProviderId": "{workloadIdentityPoolProviderId}"},
        slow=True,
        gone=_deleted,
    ),
    id=f"{_PROVIDERS}/{{workloadIdentityPoolProviderId}}",
    imports=("{project}/{workloadIdentityPoolId}/{workloadIdentityPoolProviderId}",),
    outputs={"name": "name", "state": "state"},
    verify=_problems,
    refused=frozenset({"x509"}),
)

RESOURCES = (POOL, PROVIDER)
