"""Access Context Manager: access levels as their API takes them. They are stored and not evaluated here.

Source: Access Context Manager API v1 reference (BasicLevel, Condition): host bits of a network are zero, regions are
ISO 3166-1 alpha-2 codes, a condition has VPC networks or address ranges, not both, and required levels exist.
"""

import re
from ipaddress import ip_network

from keystead_sandbox.local_gcp.api.errors import Json, invalid, not_found
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.state.kinds import KINDS

LEVEL, POLICY = KINDS["accesscontextmanager.accessLevels"], KINDS["accesscontextmanager.accessPolicies"]


@handles("accesscontextmanager.accessLevels.create")
def create(call: Call) -> Json:
    """A new level of a policy."""
    name = str(call.body.get("name") or "")
    if name.rpartition("/accessLevels/")[0] != call.name:
        raise invalid(f"The name of an access level must be {call.name}/accessLevels/NAME, not '{name}'.")
    standard.require(call, POLICY)
    return standard.answer(call, standard.create(call))


@handles("accesscontextmanager.accessLevels.patch")
def patch(call: Call) -> Json:
    """Change a level."""
    standard.require_mask(call)
    return standard.answer(call, standard.patch(call))


@checks(LEVEL.key)
def check(call: Call, body: Json, _before: Json) -> None:
    """Refuse what Google refuses of a level."""
    if not body.get("title"):
        raise invalid("The title of an access level is required.")
    if bool(body.get("basic")) == bool(body.get("custom")):
        raise invalid("An access level must have either basic or custom.")
    conditions = reach(body, "basic.conditions")
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
        raise invalid("ip_subnetworks and vpc_network_sources cannot be in one condition.")
    for network in condition.get("ipSubnetworks") or []:
        try:
            ip_network(network)
        except ValueError as error:
            raise invalid(f"Invalid IP subnetwork '{network}': {error}.") from error
    for region in condition.get("regions") or []:
        if not re.fullmatch(r"[A-Z]{2}", region):
            raise invalid(f"Invalid region code '{region}'.")
