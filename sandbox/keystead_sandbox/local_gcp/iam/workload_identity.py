"""Workload identity federation: pools and their providers, deleted softly and brought back.

Source: IAM API v1 reference, workloadIdentityPools and their providers: lengths, the default mapping for
AWS, 30 days until a deleted one is purged and its name is free again. Providers of type AWS only, as the product's are.
"""

import re
from collections.abc import Iterator
from typing import Any

from keystead_sandbox.common.timeline import DAY, Due, Span
from keystead_sandbox.local_gcp.api import expressions, timestamps
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid, precondition
from keystead_sandbox.local_gcp.methods import deadlines, standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

POOL, PROVIDER = KINDS["iam.workloadIdentityPools"], KINDS["iam.providers"]
KEPT_DAYS = 30
MAPPED = re.compile(r"google\.(subject|groups)|attribute\.[a-z0-9_]{1,100}")
ROOTS = frozenset({"assertion", "google", "attribute"})
LONGEST_MAPPING, LONGEST_CONDITION, MOST_MAPPINGS = 2048, 4096, 50
AWS_ROLE = (
    "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/'"
    " + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn"
)
DEFAULT_MAPPING = {"google.subject": "assertion.arn", "attribute.aws_role": AWS_ROLE}
"""The mapping of an AWS provider that has none of its own."""


def mapping_of(provider: Resource) -> dict[str, str]:
    """How a provider maps the attributes of an assertion."""
    return provider.body.get("attributeMapping") or DEFAULT_MAPPING


def live(resource: Resource | None) -> bool:
    """Whether a pool or a provider can be used."""
    return resource is not None and resource.body["state"] == "ACTIVE" and not resource.body.get("disabled")


def _check_served(call: Call) -> None:
    """Refuse pools of another sort that share their collections' names, such as workforce pools."""
    if "/workloadIdentityPools" not in f"{call.name}/{call.method.collection}":
        raise ApiError("UNIMPLEMENTED", f"Method {call.method.id} is part of GCP, but the sandbox does not serve it.")


def _usable(call: Call, resource: Resource) -> Resource:
    if resource.body["state"] == "DELETED":
        raise precondition(f"{resource.kind.schema} {call.cloud.shown('iam', resource.name)} is deleted.")
    return resource


@handles("iam.workloadIdentityPools.create", "iam.providers.create")
def create(call: Call) -> Json:
    """A new pool or provider."""
    _check_served(call)
    if "/locations/global" not in call.name:
        raise invalid("The only supported location is global.")
    if any(name.endswith("Id") and str(value).startswith("gcp-") for name, value in call.query.items()):
        raise invalid("The prefix gcp- is reserved for use by Google.")
    if call.method.collection == "providers":
        _usable(call, standard.require(call, POOL))
    return standard.answer(call, standard.create(call))


@handles("iam.workloadIdentityPools.patch", "iam.providers.patch")
def patch(call: Call) -> Json:
    """Change a pool or a provider that is not deleted."""
    _check_served(call)
    standard.require_mask(call)
    _usable(call, standard.require(call))
    return standard.answer(call, standard.patch(call))


@handles("iam.workloadIdentityPools.delete", "iam.providers.delete")
def delete(call: Call) -> Json:
    """Delete softly: it is not usable from now on, and deleted for good after 30 days."""
    _check_served(call)
    resource = _usable(call, standard.require(call))
    resource.body.update(state="DELETED", expireTime=timestamps.text(call.now + KEPT_DAYS * DAY))
    return standard.answer(call, resource)


@handles("iam.workloadIdentityPools.undelete", "iam.providers.undelete")
def undelete(call: Call) -> Json:
    """Bring a deleted one back."""
    _check_served(call)
    resource = standard.require(call)
    if resource.body["state"] != "DELETED":
        raise precondition(f"{resource.kind.schema} {call.cloud.shown('iam', resource.name)} is not deleted.")
    resource.body.pop("expireTime")
    resource.body["state"] = "ACTIVE"
    return standard.answer(call, resource)


@handles("iam.workloadIdentityPools.listAttestationRules")
def list_attestation_rules(call: Call) -> Json:
    """The attestation rules of a pool: none, the sandbox has no managed workload identities."""
    standard.require(call)
    return {}


@handles("iam.workloadIdentityPools.list", "iam.providers.list")
def listing(call: Call) -> Json:
    """Those that are not deleted, or all."""
    _check_served(call)
    kind = standard.kind_of(call)
    if kind is PROVIDER:
        standard.require(call, POOL)
    found = call.cloud.store.children(f"{call.name}/{kind.collection}")
    shown = [one for one in found if call.query.get("showDeleted") or one.body["state"] == "ACTIVE"]
    return standard.page(call, shown)


@checks(POOL.key, PROVIDER.key)
def check(call: Call, body: Json, _before: Json) -> None:
    """Refuse what Google refuses, and providers of other types than AWS."""
    body.setdefault("state", "ACTIVE")
    for field, longest in (("displayName", 32), ("description", 256)):
        if len(str(body.get(field) or "")) > longest:
            raise invalid(f"The {field} cannot exceed {longest} characters.")
    if call.method.collection != "providers":
        return
    kinds = [name for name in ("aws", "oidc", "saml", "x509") if body.get(name)]
    if len(kinds) != 1:
        raise invalid("Exactly one of aws, oidc, saml or x509 must be set on a provider.")
    if kinds != ["aws"]:
        raise ApiError("UNIMPLEMENTED", f"The sandbox serves providers of type aws, not {kinds[0]}.")
    account = body["aws"].get("accountId")
    if not re.fullmatch(r"\d{12}", str(account)):
        raise invalid(f"aws.account_id must have 12 digits, not '{account}'.")
    _check_mapping(body.get("attributeMapping") or {})
    condition = str(body.get("attributeCondition") or "")
    if condition:
        _refuse_problem("attribute_condition", condition, ROOTS, LONGEST_CONDITION)


def _check_mapping(mapping: dict[str, Any]) -> None:
    if mapping and "google.subject" not in mapping:
        raise invalid("The attribute mapping must include a mapping to google.subject.")
    if sum(name.startswith("attribute.") for name in mapping) > MOST_MAPPINGS:
        raise invalid(f"No more than {MOST_MAPPINGS} custom attributes can be mapped.")
    for name, expression in mapping.items():
        if not MAPPED.fullmatch(name):
            raise invalid(f"Attribute '{name}' cannot be mapped; use google.subject, google.groups or attribute.NAME.")
        _refuse_problem(f"attribute_mapping[{name}]", str(expression), frozenset({"assertion"}), LONGEST_MAPPING)


def _refuse_problem(where: str, expression: str, roots: frozenset[str], longest: int) -> None:
    problem = expressions.problem(expression, roots, longest)
    if problem:
        raise invalid(f"Invalid expression in {where}: {problem}")


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """What was deleted 30 days ago."""
    for kind in (POOL, PROVIDER):
        yield from deadlines.due(cloud, span, kind.key, "expireTime", "purge", _purge)


def _purge(cloud: Cloud, resource: Resource) -> str:
    cloud.store.remove(resource)
    return "deleted"
