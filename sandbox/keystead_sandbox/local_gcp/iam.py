"""Policy methods of every resource, service accounts and their keys, custom roles."""

import base64
import json
import secrets
from datetime import timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from keystead_sandbox.local_gcp import moments, resources, roles
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.errors import ApiError, Json, invalid, precondition
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.resources import Resource

KEY_DAYS = 3650


def _check_exists(call: Call) -> None:
    kind = KINDS.get(f"{call.method.api}.{call.method.collection}")
    if kind is not None:
        resources.require(call, kind, call.name)


@handles("*.*.getIamPolicy")
def get_policy(call: Call) -> Json:
    """The policy of a resource, at the version asked for."""
    _check_exists(call)
    asked = call.query.get("options.requestedPolicyVersion") or call.query.get("optionsRequestedPolicyVersion")
    asked = asked or (call.body.get("options") or {}).get("requestedPolicyVersion") or 1
    return call.cloud.policies.get(call.name).document(int(asked))


@handles("*.*.setIamPolicy")
def set_policy(call: Call) -> Json:
    """Replace the policy of a resource."""
    _check_exists(call)
    given = call.body if call.method.api == "storage" else call.body.get("policy")
    if given is None:
        raise invalid("The request was malformed: policy is required.")
    return call.cloud.policies.set(call.name, given, call.body.get("updateMask")).document(3)


@handles("*.*.testIamPermissions")
def test_permissions(call: Call) -> Json:
    """The permissions out of those given that the caller holds."""
    asked = call.body.get("permissions") or []
    held = [one for one in asked if call.cloud.may(call.caller, one, call.name)]
    return {"permissions": held} if held else {}


@handles("iam.serviceAccounts.create")
def create_account(call: Call) -> Json:
    """A new service account."""
    project = call.cloud.project_of(call.name)
    identifier = str(call.body.get("accountId") or "")
    kind = KINDS["iam.serviceAccounts"]
    if not kind.id.fullmatch(identifier):
        raise invalid(
            f"Account ID '{identifier}' must match {kind.pattern}: 6 to 30 lowercase letters, digits and dashes."
        )
    email = f"{identifier}@{project}.iam.gserviceaccount.com"
    name = f"projects/{project}/serviceAccounts/{email}"
    given = call.body.get("serviceAccount") or {}
    if call.cloud.store.find(name):
        text = resources.words(call, kind, kind.exists, f"projects/{project}/serviceAccounts/{identifier}")
        raise ApiError("ALREADY_EXISTS", text)
    number = str(10**20 + secrets.randbelow(9 * 10**20))
    body = {key: given[key] for key in ("displayName", "description") if given.get(key)}
    body |= {"email": email, "projectId": project, "uniqueId": number, "oauth2ClientId": number}
    call.cloud.policies.accounts.add(email)
    return resources.view(call, resources.insert(call, kind, name, body))


@handles("iam.serviceAccounts.patch")
def patch_account(call: Call) -> Json:
    """Change the display name or the description."""
    body = call.body.get("serviceAccount") or {}
    return resources.view(call, resources.patch(call, body, str(call.body.get("updateMask") or "")))


@handles("iam.serviceAccounts.delete")
def delete_account(call: Call) -> Json:
    """Delete a service account: its tokens end, and policies keep it as deleted."""
    account = resources.remove(call)
    email = account.body["email"]
    call.cloud.policies.accounts.discard(email)
    call.cloud.policies.forget_account(email, account.body["uniqueId"])
    call.cloud.tokens.revoke(email)
    return {}


@handles("iam.serviceAccounts.disable", "iam.serviceAccounts.enable")
def switch_account(call: Call) -> Json:
    """Disable an account, so that its tokens are refused, or enable it again."""
    account = resources.require(call, KINDS["iam.serviceAccounts"], call.name)
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
    account = resources.require(call, KINDS["iam.serviceAccounts"], call.name)
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    identifier = secrets.token_hex(20)
    now = call.cloud.clock.now()
    body = {
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": "USER_MANAGED",
        "validAfterTime": moments.text(now),
        "validBeforeTime": moments.text(now + timedelta(days=KEY_DAYS).total_seconds()),
    }
    key = resources.insert(
        call, KINDS["iam.keys"], f"{account.name}/keys/{identifier}", body, {"public": pair.public_key()}
    )
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
    data = base64.b64encode(json.dumps(file, indent=2).encode()).decode()
    return {**resources.view(call, key), "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE", "privateKeyData": data}


@handles("iam.keys.disable", "iam.keys.enable")
def switch_key(call: Call) -> Json:
    """Disable or enable a key."""
    key = resources.require(call, KINDS["iam.keys"], call.name)
    key.body["disabled"] = call.method.action == "disable"
    return {}


@handles("iam.roles.create")
def create_role(call: Call) -> Json:
    """A custom role of a project."""
    kind = KINDS["iam.roles"]
    identifier = str(call.body.get("roleId") or "")
    name = f"{call.name}/roles/{identifier}"
    if not kind.id.fullmatch(identifier):
        raise invalid(
            f"The role name must be in the form \"projects/PROJECT/roles/ROLE\"; '{identifier}' is not valid."
        )
    if call.cloud.store.find(name):
        raise ApiError("ALREADY_EXISTS", resources.words(call, kind, kind.exists, name))
    role = resources.insert(call, kind, name, dict(call.body.get("role") or {}))
    _keep(call, role)
    return resources.view(call, role)


@handles("iam.roles.patch")
def patch_role(call: Call) -> Json:
    """Change a custom role."""
    role = resources.patch(call)
    _keep(call, role)
    return resources.view(call, role)


@handles("iam.roles.delete")
def delete_role(call: Call) -> Json:
    """Delete a custom role: it grants nothing from now on; its id stays taken for 37 days."""
    role = resources.require(call, KINDS["iam.roles"], call.name)
    if role.body.get("deleted"):
        raise precondition(f"The role named {role.name} is already deleted.")
    role.body["deleted"] = True
    _keep(call, role)
    return resources.view(call, role)


@handles("iam.roles.undelete")
def undelete_role(call: Call) -> Json:
    """Bring a deleted custom role back."""
    role = resources.require(call, KINDS["iam.roles"], call.name)
    role.body.pop("deleted", None)
    _keep(call, role)
    return resources.view(call, role)


@handles("iam.roles.get")
def get_role(call: Call) -> Json:
    """A custom role, or a predefined one with the permissions the sandbox knows of it."""
    if call.name in roles.ROLES:
        return {"name": call.name, "stage": "GA", "includedPermissions": sorted(roles.ROLES[call.name])}
    call.cloud.demand(call.caller, "iam.roles.get", call.name)
    return resources.view(call, resources.require(call, KINDS["iam.roles"], call.name))


@handles("iam.roles.list")
def list_roles(call: Call) -> Json:
    """The custom roles of a project."""
    if call.name:
        call.cloud.demand(call.caller, "iam.roles.list", call.name)
    found = call.cloud.store.children(f"{call.name}/roles")
    return resources.page(call, [one for one in found if not one.body.get("deleted") or call.query.get("showDeleted")])


def _keep(call: Call, role: Resource) -> None:
    gone = role.body.get("deleted") or role.body.get("stage") == "DISABLED"
    permissions = () if gone else tuple(role.body.get("includedPermissions") or ())
    call.cloud.policies.custom[role.name] = permissions
