"""Requests that a service makes on its own: to a function of this cloud, or to any other address."""

import ssl
import urllib.error
import urllib.request

from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.functions import functions
from keystead_sandbox.local_gcp.state.cloud import Cloud


def request(
    cloud: Cloud, http: str, url: str, headers: dict[str, str], body: bytes, *, oidc: Json | None, seconds: float
) -> int:
    """Send a request, with an identity token where `oidc` names an account; its HTTP status, or 503 for none."""
    if oidc:
        audience = oidc.get("audience") or url
        token = cloud.tokens.identity(oidc["serviceAccountEmail"], audience, cloud.clock.now())
        headers = {**headers, "authorization": f"Bearer {token}"}
    name = functions.named(cloud, url)
    if name:
        return functions.invoke(cloud, name, http, headers, body)[0]
    sent = urllib.request.Request(url, body, headers, method=http)  # noqa: S310 - an address that a deployment names
    context = ssl.create_default_context(cafile=str(cloud.settings.ca))
    try:
        with urllib.request.urlopen(sent, timeout=seconds, context=context) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 503
