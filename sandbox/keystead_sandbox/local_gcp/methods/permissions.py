"""Which permission a method needs. The rule is API.collection.action; here are the exceptions.

Source: the "IAM permissions" reference of each API (cloud.google.com/iam/docs/permissions-reference).
"""

from keystead_sandbox.common.discovery import Method

ACTIONS = {"patch": "update", "insert": "create", "search": "list", "createAsync": "create", "updateAsync": "update"}

EXCEPTIONS = {
    "secretmanager.secrets.addVersion": "secretmanager.versions.add",
    "cloudkms.cryptoKeys.encrypt": "cloudkms.cryptoKeyVersions.useToEncrypt",
    "cloudkms.cryptoKeys.decrypt": "cloudkms.cryptoKeyVersions.useToDecrypt",
    "cloudkms.cryptoKeys.updatePrimaryVersion": "cloudkms.cryptoKeys.update",
    "cloudkms.cryptoKeyVersions.asymmetricSign": "cloudkms.cryptoKeyVersions.useToSign",
    "cloudkms.cryptoKeyVersions.macSign": "cloudkms.cryptoKeyVersions.useToSign",
    "cloudkms.cryptoKeyVersions.macVerify": "cloudkms.cryptoKeyVersions.useToVerify",
    "cloudkms.cryptoKeyVersions.getPublicKey": "cloudkms.cryptoKeyVersions.viewPublicKey",
    "iamcredentials.serviceAccounts.generateAccessToken": "iam.serviceAccounts.getAccessToken",
    "iamcredentials.serviceAccounts.generateIdToken": "iam.serviceAccounts.getOpenIdToken",
    "iamcredentials.serviceAccounts.signBlob": "iam.serviceAccounts.signBlob",
    "iamcredentials.serviceAccounts.signJwt": "iam.serviceAccounts.signJwt",
    "pubsub.subscriptions.pull": "pubsub.subscriptions.consume",
    "pubsub.subscriptions.acknowledge": "pubsub.subscriptions.consume",
    "pubsub.subscriptions.modifyAckDeadline": "pubsub.subscriptions.consume",
    "pubsub.subscriptions.modifyPushConfig": "pubsub.subscriptions.update",
    "cloudfunctions.functions.generateUploadUrl": "cloudfunctions.functions.sourceCodeSet",
    "logging.entries.write": "logging.logEntries.create",
    "logging.entries.list": "logging.logEntries.list",
    "serviceusage.services.batchEnable": "serviceusage.services.enable",
    "serviceusage.services.batchGet": "serviceusage.services.get",
    "serviceusage.services.generateServiceIdentity": "serviceusage.services.enable",
    "accesscontextmanager.accessPolicies.create": "accesscontextmanager.policies.create",
}

COLLECTIONS = {
    "iam.keys": "iam.serviceAccountKeys",
    "iam.providers": "iam.workloadIdentityPoolProviders",
    "logging.metrics": "logging.logMetrics",
    "accesscontextmanager.accessPolicies": "accesscontextmanager.policies",
    "cloudresourcemanager.projects": "resourcemanager.projects",
}

FREE = ("testIamPermissions",)
"""Actions that need no permission."""


def of(method: Method) -> str | None:
    """The permission a method needs; None where it needs none."""
    if method.action in FREE or (method.collection in {"operations", "locations"} and method.action in {"get", "list"}):
        return None
    if method.key in EXCEPTIONS:
        return EXCEPTIONS[method.key]
    stem = method.key.rpartition(".")[0]
    return f"{COLLECTIONS.get(stem, stem)}.{ACTIONS.get(method.action, method.action)}"
