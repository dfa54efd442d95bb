"""Service accounts and their keys."""

import json
import secrets
from datetime import timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.encoding import encoded
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, handles
from keystead_sandbox.local_gcp.state.kinds import KINDS, matches

ACCOUNT, KEY = KINDS["iam.serviceAccounts"], KINDS["iam.keys"]
KEY_DAYS = 3650


@handles("iam.serviceAccounts.create")
def create_account(call: Call) -> Json:
    """A new service account."""
    identifier = str(call.body.get("accountId") or "")
    if not matches(ACCOUNT, identifier):
        text = f"must match {ACCOUNT.pattern}: 6 to 30 lowercase letters, digits and dashes."
        raise invalid(f"Account ID '{identifier}' {text}")
    email = f"{identifier}@{call.project}.iam.gserviceaccount.com"
    name = f"projects/{call.project}/serviceAccounts/{email}"
    if call.cloud.store.find(name):
        text = standard.sentence(call, ACCOUNT, ACCOUNT.exists, f"{call.name}/serviceAccounts/{identifier}")
        raise ApiError("ALREADY_EXISTS", text)
    given = call.body.get("serviceAccount") or {}
    number = str(10**20 + secrets.randbelow(9 * 10**20))
    body = {key: given[key] for key in ("displayName", "description") if given.get(key)}
    body |= {"email": email, "projectId": call.project, "uniqueId": number, "oauth2ClientId": number}
    call.cloud.policies.accounts.add(email)
    return standard.view(call, standard.insert(call, ACCOUNT, name, body))


@handles("iam.serviceAccounts.patch")
def patch_account(call: Call) -> Json:
    """Change the display name or the description."""
    return standard.view(call, standard.patch_wrapped(call, "serviceAccount"))


@handles("iam.serviceAccounts.delete")
def delete_account(call: Call) -> Json:
    """Delete a service account: its tokens end, and policies keep it as deleted."""
    account = standard.remove(call)
    email = account.body["email"]
    call.cloud.policies.accounts.discard(email)
    call.cloud.policies.forget_account(email, account.body["uniqueId"])
    call.cloud.tokens.revoke(email)
    return {}


@handles("iam.serviceAccounts.disable", "iam.serviceAccounts.enable")
def switch_account(call: Call) -> Json:
    """Disable an account, so that its tokens are refused, or enable it again."""
    account = standard.require(call, ACCOUNT)
    if call.method.action == "disable":
        account.body["disabled"] = True
        call.cloud.policies.accounts.discard(account.body["email"])
    else:
        account.body.pop("disabled", None)
        call.cloud.policies.accounts.add(account.body["email"])
    return {}


@handles("iam.keys.create")
def create_key(call: Call) -> Json:
    """A new key of a service account; its private part is answered once and not kept."""
    account = standard.require(call, ACCOUNT)
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    identifier = secrets.token_hex(20)
    body = {
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": "USER_MANAGED",
        "validAfterTime": timestamps.text(call.now),
        "validBeforeTime": timestamps.text(call.now + timedelta(days=KEY_DAYS).total_seconds()),
    }
    hidden = {"public": pair.public_key()}
    key = standard.insert(call, KEY, f"{account.name}/keys/{identifier}", body, hidden)
    pem = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    file = {
        "type": "service_account",
        "project_id": account.body["projectId"],
        "private_key_id": identifier,
        "private_key": pem,
        "client_email": account.body["email"],
        "client_id": account.body["uniqueId"],
        "token_uri": f"{call.cloud.settings.plain}/token",
    }
    data = encoded(json.dumps(file, indent=2).encode())
    return {**standard.view(call, key), "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE", "privateKeyData": data}


@handles("iam.keys.disable", "iam.keys.enable")
def switch_key(call: Call) -> Json:
    """Disable or enable a key."""
    key = standard.require(call)
    key.body["disabled"] = call.method.action == "disable"
    return {}
