"""Lists that are answered in pages."""

import base64
import binascii
from typing import Any

from keystead_sandbox.local_aws.protocol.errors import AwsError

LARGEST = 100


def page(name: str, entries: list[Any], fields: dict[str, Any]) -> dict[str, Any]:
    """The part of a list that a request with NextToken and MaxResults asks for, as the member `name` of an answer."""
    try:
        start = int(base64.b64decode(fields.get("NextToken") or "MA=="))
    except (binascii.Error, ValueError) as error:
        raise AwsError("InvalidNextTokenException", "Invalid NextToken.") from error
    end = start + min(int(fields.get("MaxResults") or LARGEST), LARGEST)
    more = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(entries) else {}
    return {name: entries[start:end], **more}
