"""AWS's answers, and how each protocol says that it refuses."""

import json
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

Response = tuple[int, dict[str, str], bytes]

JSON = "application/x-amz-json-1.0"


class AwsError(Exception):
    """What a service refuses a request with: AWS's error code and text."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self, headers: dict[str, str]) -> Response:
        """The answer on the wire, in the protocol of the request with these headers."""
        content = {"__type": self.code, "message": self.message}
        if "form" in headers.get("content-type", ""):
            error = f"<Type>Sender</Type><Code>{self.code}</Code><Message>{escape(self.message)}</Message>"
            document = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
            return self.status, {"Content-Type": "text/xml"}, document.encode()
        return self.status, {"Content-Type": JSON, "x-amzn-errortype": self.code}, json.dumps(content).encode()


access_denied = partial(AwsError, "AccessDeniedException")
invalid_parameter = partial(AwsError, "InvalidParameterException")
invalid_request = partial(AwsError, "InvalidRequestException")
malformed_policy = partial(AwsError, "MalformedPolicyDocumentException")
not_found = partial(AwsError, "ResourceNotFoundException")


def answer(content: dict[str, Any]) -> Response:
    """A successful answer of the JSON protocol."""
    return 200, {"Content-Type": JSON}, json.dumps(content).encode()
