"""Google's error model: a canonical code, a message and typed details.

Source: Google Cloud API design guide, "Errors" (google.rpc.Status, ErrorInfo, BadRequest).
"""

from typing import Any

Json = dict[str, Any]

CODES = {
    "INVALID_ARGUMENT": (400, 3),
    "FAILED_PRECONDITION": (400, 9),
    "OUT_OF_RANGE": (400, 11),
    "UNAUTHENTICATED": (401, 16),
    "PERMISSION_DENIED": (403, 7),
    "NOT_FOUND": (404, 5),
    "ALREADY_EXISTS": (409, 6),
    "ABORTED": (409, 10),
    "CONDITION_NOT_MET": (412, 2),
    "RESOURCE_EXHAUSTED": (429, 8),
    "INTERNAL": (500, 13),
    "UNIMPLEMENTED": (501, 12),
    "UNAVAILABLE": (503, 14),
    "DEADLINE_EXCEEDED": (504, 4),
}
"""HTTP status and number of each canonical code. Source: google.rpc.Code; the one of Cloud Storage has no number."""
STORAGE = {401: "required", 403: "forbidden", 404: "notFound", 409: "conflict", 412: "conditionNotMet"}
"""Reasons of the Cloud Storage JSON API, by HTTP status."""


class ApiError(Exception):
    """A call is refused; `status` is the canonical code."""

    def __init__(self, status: str, message: str, *details: Json) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = list(details)

    @property
    def code(self) -> int:
        """The HTTP status."""
        return CODES[self.status][0]

    def document(self, api: str = "") -> Json:
        """The body of the answer; Cloud Storage keeps an older shape without a status."""
        if api == "storage":
            one = {"message": self.message, "domain": "global", "reason": STORAGE.get(self.code, "invalid")}
            return {"error": {"code": self.code, "message": self.message, "errors": [one]}}
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def rpc(self) -> Json:
        """The same as google.rpc.Status, as operations carry it."""
        return {"code": CODES[self.status][1], "message": self.message, "details": self.details}


def invalid(message: str, *details: Json) -> ApiError:
    """INVALID_ARGUMENT."""
    return ApiError("INVALID_ARGUMENT", message, *details)


def precondition(message: str, *details: Json) -> ApiError:
    """FAILED_PRECONDITION."""
    return ApiError("FAILED_PRECONDITION", message, *details)


def not_found(message: str) -> ApiError:
    """NOT_FOUND."""
    return ApiError("NOT_FOUND", message)


def bad_request(violations: list[tuple[str, str]]) -> ApiError:
    """Every violation of a schema at once, as Google's JSON front end reports them: (field, description)."""
    found = [{"field": field, "description": text} if field else {"description": text} for field, text in violations]
    details = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": found}
    return invalid("\n".join(text for _, text in violations), details)


def info(reason: str, domain: str, **metadata: str) -> Json:
    """A google.rpc.ErrorInfo."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": domain,
        "metadata": metadata,
    }
