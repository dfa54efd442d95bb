"""Cloud Audit Logs: data access to secrets and keys when a project's audit configuration asks for it, denials always.

Source: Cloud Logging guide, "Understanding audit logs"; Secret Manager and Cloud KMS audit logging pages (which
methods are DATA_READ); the AuditLog message (google.cloud.audit). Only names go in, never a value.
"""

from keystead_sandbox.common.discovery import Method
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import CODES, ApiError, Json
from keystead_sandbox.local_gcp.methods.call import Call
from keystead_sandbox.local_gcp.state.federated import Federated
from keystead_sandbox.local_gcp.state.kinds import KINDS

DATA_READ = (
    "versions.access",
    "cryptoKeys.encrypt",
    "cryptoKeys.decrypt",
    "cryptoKeyVersions.asymmetricSign",
    "cryptoKeyVersions.macSign",
    "cryptoKeyVersions.macVerify",
    "cryptoKeyVersions.getPublicKey",
)
SERVICES = {"secretmanager": "google.cloud.secretmanager.v1.SecretManagerService", "cloudkms": ""}
VERBS = {name: name.capitalize() for name in ("access", "create", "delete", "get", "list")} | {"patch": "Update"}
READS = ("get", "list", "getIamPolicy")
"""Reading what a resource is, not what it holds."""
CHANGES = ("create", "patch", "delete", "destroy", "restore", "setIamPolicy", "addVersion", "enable", "disable")


def record(call: Call, permission: str | None, error: ApiError | None) -> None:
    """Write the audit entry of a call, if its kind is logged."""
    method = call.method
    project = call.project
    if project not in call.cloud.settings.projects or permission is None:
        return
    denied = error is not None and error.status == "PERMISSION_DENIED"
    if f"{method.collection}.{method.action}" in DATA_READ:
        wanted = call.cloud.policies.audited(project, f"{method.api}.googleapis.com", "DATA_READ")
        log = "data_access"
    elif method.action in READS and method.api in SERVICES:
        wanted = call.cloud.policies.audited(project, f"{method.api}.googleapis.com", "ADMIN_READ")
        log = "data_access"
    elif method.action in CHANGES:
        wanted, log = True, "activity"
    else:
        wanted, log = False, "data_access"
    if wanted or denied:
        call.cloud.logs.write(project, _entry(call, project, log, permission, error))


def _entry(call: Call, project: str, log: str, permission: str, error: ApiError | None) -> Json:
    method = call.method
    shown = call.cloud.shown(method.api, call.name)
    payload: Json = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": f"{method.api}.googleapis.com",
        "methodName": _method_name(method),
        "resourceName": shown,
        "authenticationInfo": {
            "principalSubject" if isinstance(call.caller, Federated) else "principalEmail": str(call.caller)
        },
        "authorizationInfo": [
            {"permission": permission, "resource": shown, "granted": not error or error.status != "PERMISSION_DENIED"}
        ],
        "requestMetadata": {"callerIp": "127.0.0.1"},
    }
    if error is not None:
        payload["status"] = {"code": CODES[error.status][1], "message": error.message}
    now = timestamps.text(call.now)
    return {
        "logName": f"projects/{project}/logs/cloudaudit.googleapis.com%2F{log}",
        "resource": {"type": "audited_resource", "labels": {"project_id": project, "service": payload["serviceName"]}},
        "severity": "ERROR" if error else ("NOTICE" if log == "activity" else "INFO"),
        "protoPayload": payload,
        "timestamp": now,
        "receiveTimestamp": now,
    }


def _method_name(method: Method) -> str:
    """The method's name in its service: GetSecret, AddSecretVersion, UpdateCryptoKey."""
    kind = KINDS.get(f"{method.api}.{method.collection}")
    if method.request.endswith("Request"):
        name = method.request.removesuffix("Request")
    elif kind is not None and method.action in VERBS:
        name = VERBS[method.action] + kind.schema + ("s" if method.action == "list" else "")
    else:
        name = method.action[0].upper() + method.action[1:]
    prefix = SERVICES.get(method.api)
    return f"{prefix}.{name}" if prefix else name
