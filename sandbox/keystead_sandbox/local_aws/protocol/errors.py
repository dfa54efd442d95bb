"""AWS's answers when it refuses, in the JSON protocol of Secrets Manager and KMS."""

from typing import Any

from keystead_sandbox.local_aws.patches import ministack

Response = tuple[int, dict[str, str], bytes]


class AwsError(Exception):
    """What a service refuses a request with: AWS's error code and text."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self) -> Response:
        """The answer on the wire."""
        answer: Response = ministack.module("core.responses").error_response_json(self.code, self.message, self.status)
        return answer


def invalid_request(message: str) -> AwsError:
    """`InvalidRequestException`."""
    return AwsError("InvalidRequestException", message)


def invalid_parameter(message: str) -> AwsError:
    """`InvalidParameterException`."""
    return AwsError("InvalidParameterException", message)


def access_denied(message: str) -> AwsError:
    """`AccessDeniedException`."""
    return AwsError("AccessDeniedException", message)


def answer(content: dict[str, Any]) -> Response:
    """A successful answer on the wire."""
    response: Response = ministack.module("core.responses").json_response(content)
    return response
