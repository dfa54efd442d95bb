"""The methods of google.longrunning.Operations, the same in every API that has them."""

from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.methods.call import Call, handles


@handles("*.operations.get")
def get(call: Call) -> Json:
    """The current state of an operation."""
    return call.cloud.operations.find(call.name)


@handles("*.operations.list")
def listing(call: Call) -> Json:
    """The operations of a location."""
    return {"operations": call.cloud.operations.below(call.name)}
