"""A function is made only with a role that Lambda can assume.

Source: Lambda API reference, CreateFunction and UpdateFunctionConfiguration (InvalidParameterValueException); the text
is the one that the official Terraform provider waits for.
"""

from collections.abc import Callable
from typing import Any

from keystead_sandbox.local_aws.identity.service_roles import assumable
from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.operations import Wire, intercept

SERVICE = "lambda.amazonaws.com"
NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


def install() -> None:
    """Check the roles of functions when they are written."""
    intercept("lambda", _checked)


async def _checked(wire: Wire, pass_on: Callable[[Wire], Any]) -> Any:
    last = wire.path.rstrip("/").rpartition("/")[2]
    written = (wire.method, last) == ("POST", "functions") or (wire.method, last) == ("PUT", "configuration")
    role = wire.fields.get("Role") if written else None
    if role and not assumable(str(role), SERVICE):
        raise AwsError("InvalidParameterValueException", NOT_ASSUMABLE)
    return await pass_on(wire)
