"""Who signed a GetCallerIdentity request: the local AWS account is asked, as Google asks AWS.

Source: Security Token Service API v1 reference, `subjectToken`: the serialized request and what it must hold. That the
target resource is signed is recommended only, and Google's own library (google-auth 2.62, aws.py) does not sign it.
"""

import http.client
import json
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

from keystead_sandbox.common.registry import RegistryError, stacks
from keystead_sandbox.local_gcp.api.errors import Json

STS = re.compile(r"sts(-fips)?(\.[a-z]{2}(-[a-z]+)+-\d)?\.amazonaws\.com(\.cn)?")
NEEDED = ("authorization", "host", "x-amz-date", "x-goog-cloud-target-resource")
SESSION = ("x-amz-security-token",)
SECONDS = 20
_NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"


class RefusedError(Exception):
    """The token is not accepted; `error` is the OAuth code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request to AWS STS as the subject token holds it."""

    path: str
    headers: dict[str, str]

    @classmethod
    def read(cls, token: str, audience: str) -> "SignedRequest":
        """The request in a subject token, meant for this audience."""
        given = _decoded(token)
        url = urlsplit(str(given.get("url")))
        headers = {
            str(one.get("key")).lower(): str(one.get("value"))
            for one in given.get("headers") or []
            if isinstance(one, dict)
        }
        missing = [name for name in NEEDED if not headers.get(name)]
        if given.get("method") != "POST" or missing or headers["host"] != url.hostname:
            raise RefusedError("invalid_request", "AWS request has invalid format.")
        if url.scheme != "https" or not STS.fullmatch(url.hostname or "") or url.path not in {"", "/"}:
            raise RefusedError("invalid_request", "The URL of the AWS request is not that of an AWS STS endpoint.")
        if parse_qs(url.query).get("Action") != ["GetCallerIdentity"]:
            raise RefusedError("invalid_request", "The AWS request must be a GetCallerIdentity request.")
        if headers["x-goog-cloud-target-resource"].removeprefix("https:") != audience:
            text = "The value of the x-goog-cloud-target-resource header does not match the audience."
            raise RefusedError("invalid_request", text)
        signed = re.search(r"SignedHeaders=([a-z0-9;-]+)", headers["authorization"])
        if not signed:
            raise RefusedError("invalid_request", "AWS request has invalid format.")
        kept = {name: value for name, value in headers.items() if name in signed[1].split(";") or name in NEEDED}
        return cls(f"/?{url.query}", kept | {name: headers[name] for name in SESSION if name in headers})


def _decoded(token: str) -> Json:
    for text in (token, unquote(token)):
        try:
            given: Any = json.loads(text)
        except ValueError:
            continue
        if isinstance(given, dict):
            return given
    raise RefusedError("invalid_request", "AWS request has invalid format.")


def endpoint(registry: Path | None, account: str) -> str:
    """Where an AWS account of this sandbox answers with TLS; empty where it has none."""
    try:
        found = stacks(registry) if registry else {}
    except RegistryError:
        return ""
    accounts = (clouds["aws"] for clouds in found.values() if "aws" in clouds)
    return next((one["endpoint"] for one in accounts if one.get("account") == account), "")


def identity(request: SignedRequest, address: str, ca: Path) -> dict[str, str]:
    """What the account says of the signer: its ARN, account and unique id."""
    place = urlsplit(address)
    if place.hostname != "127.0.0.1":
        raise RefusedError("invalid_grant", "The AWS account is not on this machine.")
    context = ssl.create_default_context(cafile=str(ca))
    connection = http.client.HTTPSConnection("127.0.0.1", place.port, timeout=SECONDS, context=context)
    try:
        connection.request("POST", request.path, b"", request.headers)
        answer = connection.getresponse()
        code, content = answer.status, answer.read()
    except OSError as error:
        raise RefusedError("invalid_grant", f"AWS STS does not answer ({type(error).__name__}).") from error
    finally:
        connection.close()
    if code != http.client.OK:
        raise RefusedError("invalid_grant", f"AWS STS refused the request with HTTP status {code}.")
    try:
        result = ET.fromstring(content)  # noqa: S314 - what is parsed comes from the own AWS account
        fields = {name: result.findtext(f".//{_NAMESPACE}{name}") or "" for name in ("Arn", "Account", "UserId")}
    except ET.ParseError as error:
        raise RefusedError("invalid_grant", "AWS STS answered what cannot be read.") from error
    return {"arn": fields["Arn"], "account": fields["Account"], "userid": fields["UserId"]}
