"""The policy methods of every resource: getIamPolicy, setIamPolicy, testIamPermissions."""

from keystead_sandbox.local_gcp.api.errors import Json, invalid
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.state.kinds import KINDS


def _check_exists(call: Call) -> None:
    kind = KINDS.get(f"{call.method.api}.{call.method.collection}")
    if kind is not None:
        standard.require(call, kind)


@handles("*.*.getIamPolicy")
def get_policy(call: Call) -> Json:
    """The policy of a resource, at the version asked for."""
    _check_exists(call)
    asked = call.query.get("options.requestedPolicyVersion") or call.query.get("optionsRequestedPolicyVersion")
    asked = asked or reach(call.body, "options.requestedPolicyVersion") or 1
    return call.cloud.policies.get(call.name).document(int(asked))


@handles("*.*.setIamPolicy")
def set_policy(call: Call) -> Json:
    """Replace the policy of a resource."""
    _check_exists(call)
    given = call.body if call.method.api == "storage" else call.body.get("policy")
    if given is None:
        raise invalid("The request was malformed: policy is required.")
    return call.cloud.policies.set(call.name, given, call.body.get("updateMask")).document(3)


@handles("*.*.testIamPermissions")
def test_permissions(call: Call) -> Json:
    """The permissions out of those given that the caller holds."""
    asked = call.body.get("permissions") or []
    held = [one for one in asked if call.cloud.may(call.caller, one, call.name)]
    return {"permissions": held} if held else {}
