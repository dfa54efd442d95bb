"""Operations of ministack's services, called by other services of the account and not by a request from outside.

They are neither authorized nor recorded: whoever calls has decided that. To resource policies they come over TLS.
"""

import asyncio
import contextvars
import json
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, urlencode

from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.errors import AwsError, Response

Fields = dict[str, Any]


def region_of(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


def account_of(arn: str) -> str:
    """The account in an ARN; empty in what is not an ARN."""
    return arn.split(":")[4] if arn.count(":") > 4 else ""


def here() -> tuple[str, str]:
    """The account and the region of what is being done."""
    responses = ministack.module("core.responses")
    return responses.get_account_id(), responses.get_region()


def within(account: str, region: str) -> Any:
    """A context manager: what happens inside is done in this account and region."""
    return ministack.module("core.responses").request_scope(account, region)


def call(service: str, operation: str, fields: Fields) -> Response:
    """The answer of ministack's own operation of a service with the JSON protocol, or one that also takes it."""
    target = f"{'AmazonSQS' if service == 'sqs' else service}.{operation}"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    return _request(service, "POST", "/", headers, json.dumps(fields).encode())


def result(service: str, operation: str, fields: Fields) -> Fields:
    """The decoded answer; an AwsError when the operation is refused."""
    status, _, body = call(service, operation, fields)
    content: Fields = json.loads(body or b"{}")
    if status != 200:
        raise AwsError(str(content.get("__type")), str(content.get("message") or content.get("Message") or ""), status)
    return content


def query(service: str, operation: str, fields: dict[str, str]) -> Response:
    """The answer of ministack's own operation of a service with the query protocol alone."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return _request(service, "POST", "/", headers, urlencode({"Action": operation, **fields}).encode())


def function(operation: str, arn: str, *, version: str = "2015-03-31") -> Fields:
    """What `GET` of a part of a Lambda function answers; empty when there is none."""
    path = f"/{version}/functions/{quote(arn, safe='')}/{operation}"
    status, _, body = _request("lambda_svc", "GET", path, {}, b"")
    content: Fields = json.loads(body) if status == 200 else {}
    return content


def invoke_function(arn: str, event: Any) -> Response:
    """The answer of a Lambda function, run to its end."""
    path = f"/2015-03-31/functions/{quote(arn, safe='')}/invocations"
    return _request("lambda_svc", "POST", path, {}, json.dumps(event).encode())


def _request(service: str, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
    """The answer of a service's handler; on the server's own loop it must not wait for anything."""
    handler = ministack.module(f"services.{service}").handle_request
    return contextvars.copy_context().run(_completed, lambda: handler(method, path, headers, body, {}))


def _completed(begin: Callable[[], Coroutine[Any, Any, Response]]) -> Response:
    ministack.module("core.iam_evaluator").pin_request_origin("", True)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(begin())
    waiting = begin()
    try:
        waiting.send(None)
    except StopIteration as finished:
        answered: Response = finished.value
        return answered
    waiting.close()
    message = "an operation that waits was called from the server's own loop"
    raise RuntimeError(message)
