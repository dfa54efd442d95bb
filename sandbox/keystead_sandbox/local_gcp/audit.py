"""Cloud Audit Logs: data access to secrets and keys when a project's audit configuration asks for it, denials always.

Source: Cloud Logging guide, "Understanding audit logs"; Secret Manager and Cloud KMS audit logging pages (which
methods are DATA_READ); the AuditLog message (google.cloud.audit). Only names go in, never a value.
"""

from keystead_sandbox.local_gcp import moments
from keystead_sandbox.local_gcp.call import Call
from keystead_sandbox.local_gcp.errors import RPC, ApiError, Json
from keystead_sandbox.local_gcp.federated import Federated

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
LOOKS = ("get", "list", "getIamPolicy")
"""Reading what a resource is, not what it holds."""
CHANGES = ("create", "patch", "delete", "destroy", "restore", "setIamPolicy", "addVersion", "enable", "disable")


def record(call: Call, permission: str | None, error: ApiError | None) -> None:
    """Write the audit entry of a call, if its kind is logged."""
    method = call.method
    project = call.cloud.project_of(call.name)
    if project not in call.cloud.settings.projects or permission is None:
        return
    denied = error is not None and error.status == "PERMISSION_DENIED"
    if f"{method.collection}.{method.action}" in DATA_READ:
        wanted = call.cloud.policies.audited(project, f"{method.api}.googleapis.com", "DATA_READ")
        log = "data_access"
    elif method.action in LOOKS and method.api in SERVICES:
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
    prefix = SERVICES.get(method.api, "")
    action = method.action[0].upper() + method.action[1:]
    shown = call.cloud.shown(method.api, call.name)
    payload: Json = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": f"{method.api}.googleapis.com",
        "methodName": NAMES.get(f"{method.collection}.{method.action}") or (f"{prefix}.{action}" if prefix else action),
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
        payload["status"] = {"code": RPC.get(error.status, 2), "message": error.message}
    now = moments.text(call.cloud.clock.now())
    return {
        "logName": f"projects/{project}/logs/cloudaudit.googleapis.com%2F{log}",
        "resource": {"type": "audited_resource", "labels": {"project_id": project, "service": payload["serviceName"]}},
        "severity": "ERROR" if error else ("NOTICE" if log == "activity" else "INFO"),
        "protoPayload": payload,
        "timestamp": now,
        "receiveTimestamp": now,
    }


NAMES = {
    "secrets.get": "google.cloud.secretmanager.v1.SecretManagerService.GetSecret",
    "secrets.list": "google.cloud.secretmanager.v1.SecretManagerService.ListSecrets",
    "versions.get": "google.cloud.secretmanager.v1.SecretManagerService.GetSecretVersion",
    "versions.list": "google.cloud.secretmanager.v1.SecretManagerService.ListSecretVersions",
    "versions.access": "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion",
    "secrets.addVersion": "google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion",
    "secrets.create": "google.cloud.secretmanager.v1.SecretManagerService.CreateSecret",
    "secrets.patch": "google.cloud.secretmanager.v1.SecretManagerService.UpdateSecret",
    "secrets.delete": "google.cloud.secretmanager.v1.SecretManagerService.DeleteSecret",
    "versions.disable": "google.cloud.secretmanager.v1.SecretManagerService.DisableSecretVersion",
    "versions.enable": "google.cloud.secretmanager.v1.SecretManagerService.EnableSecretVersion",
    "versions.destroy": "google.cloud.secretmanager.v1.SecretManagerService.DestroySecretVersion",
    "cryptoKeys.create": "CreateCryptoKey",
    "cryptoKeys.patch": "UpdateCryptoKey",
    "cryptoKeyVersions.destroy": "DestroyCryptoKeyVersion",
    "cryptoKeyVersions.restore": "RestoreCryptoKeyVersion",
    "cryptoKeyVersions.patch": "UpdateCryptoKeyVersion",
    "cryptoKeyVersions.getPublicKey": "GetPublicKey",
}
