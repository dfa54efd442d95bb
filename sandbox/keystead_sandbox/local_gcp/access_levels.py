"""Access Context Manager: access levels as their API takes them. They are stored and not evaluated here.

Source: Access Context Manager API v1 reference (BasicLevel, Condition): host bits of a network are zero, regions are
ISO 3166-1 alpha-2 codes, networks of a VPC and address ranges do not stand in one condition, levels named exist.
"""

import re
from ipaddress import ip_network

from keystead_sandbox.local_gcp import resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.errors import Json, invalid, not_found
from keystead_sandbox.local_gcp.kinds import KINDS

LEVEL, POLICY = KINDS["accesscontextmanager.accessLevels"], KINDS["accesscontextmanager.accessPolicies"]
KIND = "google.identity.accesscontextmanager.v1.AccessLevel"


@handles("accesscontextmanager.accessLevels.create")
def create(call: Call) -> Json:
    """A new level of a policy."""
    name = str(call.body.get("name") or "")
    if name.rpartition("/accessLevels/")[0] != call.name:
        raise invalid(f"The name of an access level must be {call.name}/accessLevels/NAME, not '{name}'.")
    resources.require(call, POLICY, call.name)
    _check(call, call.body)
    level = resources.create(call)
    return call.cloud.operations.done("", resources.view(call, level), KIND)


@handles("accesscontextmanager.accessLevels.patch")
def patch(call: Call) -> Json:
    """Change a level."""
    if not call.query.get("updateMask"):
        raise invalid("The request was malformed: update_mask is required.")
    level = resources.require(call, LEVEL, call.name)
    _check(call, {**level.body, **call.body})
    resources.patch(call)
    return call.cloud.operations.done("", resources.view(call, level), KIND)


def _check(call: Call, body: Json) -> None:
    if not body.get("title"):
        raise invalid("The title of an access level is required.")
    if bool(body.get("basic")) == bool(body.get("custom")):
        raise invalid("An access level must have either basic or custom.")
    conditions = (body.get("basic") or {}).get("conditions")
    if body.get("basic") and not conditions:
        raise invalid("basic.conditions must not be empty.")
    for condition in conditions or []:
        if not any(value for name, value in condition.items() if name != "negate"):
            raise invalid("A condition of an access level must not be empty.")
        _check_places(condition)
        for level in condition.get("requiredAccessLevels") or []:
            if call.cloud.store.find(level) is None:
                raise not_found(f"Access level {level} was not found.")


def _check_places(condition: Json) -> None:
    if condition.get("ipSubnetworks") and condition.get("vpcNetworkSources"):
        raise invalid("ip_subnetworks and vpc_network_sources cannot stand in one condition.")
    for network in condition.get("ipSubnetworks") or []:
        try:
            ip_network(network)
        except ValueError as error:
            raise invalid(f"Invalid IP subnetwork '{network}': {error}.") from error
    for region in condition.get("regions") or []:
        if not re.fullmatch(r"[A-Z]{2}", region):
            raise invalid(f"Invalid region code '{region}'.")
