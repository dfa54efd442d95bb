"""Predefined roles: the permissions this product's deployments meet, each as Google lists it.

Source: cloud.google.com/iam/docs/roles-permissions, read 2026-11. A role that is not here cannot be granted, so that
nothing is silently allowed or refused; patterns end in `*`.
"""

from functools import cache

_PROJECT = ("resourcemanager.projects.get",)
_SERVICES = (
    "secretmanager.*",
    "cloudkms.*",
    "pubsub.*",
    "iam.*",
    "resourcemanager.projects.*",
    "serviceusage.*",
    "cloudfunctions.*",
    "run.*",
    "cloudscheduler.*",
    "logging.*",
    "monitoring.*",
    "accesscontextmanager.*",
    "storage.*",
)
_READ = tuple(
    f"{stem}.{action}"
    for stem in [
        "secretmanager.secrets",
        "secretmanager.versions",
        "cloudkms.keyRings",
        "cloudkms.cryptoKeys",
        "cloudkms.cryptoKeyVersions",
        "pubsub.topics",
        "pubsub.subscriptions",
        "iam.serviceAccounts",
        "iam.roles",
        "cloudfunctions.functions",
        "run.services",
        "cloudscheduler.jobs",
        "logging.sinks",
        "logging.logMetrics",
        "logging.logEntries",
        "monitoring.alertPolicies",
        "monitoring.notificationChannels",
        "serviceusage.services",
        "storage.buckets",
    ]
    for action in ("get", "list", "getIamPolicy")
)
_EDIT = tuple(
    f"{stem}.{action}"
    for stem in [
        "secretmanager.secrets",
        "pubsub.topics",
        "pubsub.subscriptions",
        "cloudfunctions.functions",
        "cloudscheduler.jobs",
        "logging.sinks",
        "logging.logMetrics",
        "monitoring.alertPolicies",
        "monitoring.notificationChannels",
        "cloudkms.keyRings",
        "cloudkms.cryptoKeys",
        "iam.serviceAccounts",
        "storage.buckets",
        "run.services",
    ]
    for action in ("create", "update", "delete")
)

ROLES: dict[str, tuple[str, ...]] = {
    "roles/owner": _SERVICES,
    "roles/editor": (
        *_READ,
        *_EDIT,
        "secretmanager.versions.add",
        "secretmanager.versions.enable",
        "secretmanager.versions.disable",
        "secretmanager.versions.destroy",
        "pubsub.topics.publish",
        "pubsub.topics.attachSubscription",
        "pubsub.subscriptions.consume",
        "iam.serviceAccounts.actAs",
        "cloudfunctions.functions.sourceCodeSet",
        "serviceusage.services.enable",
        "logging.logEntries.create",
        *_PROJECT,
    ),
    "roles/viewer": (*_READ, *_PROJECT),
    "roles/browser": (*_PROJECT, "resourcemanager.projects.getIamPolicy"),
    "roles/secretmanager.admin": ("secretmanager.*", *_PROJECT),
    "roles/secretmanager.secretAccessor": ("secretmanager.versions.access", *_PROJECT),
    "roles/secretmanager.secretVersionAdder": ("secretmanager.versions.add", *_PROJECT),
    "roles/secretmanager.secretVersionManager": (
        "secretmanager.versions.add",
        "secretmanager.versions.destroy",
        "secretmanager.versions.disable",
        "secretmanager.versions.enable",
        "secretmanager.versions.get",
        "secretmanager.versions.list",
        *_PROJECT,
    ),
    "roles/secretmanager.viewer": (
        "secretmanager.locations.*",
        "secretmanager.secrets.get",
        "secretmanager.secrets.getIamPolicy",
        "secretmanager.secrets.list",
        "secretmanager.versions.get",
        "secretmanager.versions.list",
        *_PROJECT,
    ),
    "roles/cloudkms.admin": (
        "cloudkms.cryptoKeyVersions.create",
        "cloudkms.cryptoKeyVersions.destroy",
        "cloudkms.cryptoKeyVersions.get",
        "cloudkms.cryptoKeyVersions.list",
        "cloudkms.cryptoKeyVersions.restore",
        "cloudkms.cryptoKeyVersions.update",
        "cloudkms.cryptoKeyVersions.useToDecryptViaDelegation",
        "cloudkms.cryptoKeyVersions.useToEncryptViaDelegation",
        "cloudkms.cryptoKeys.*",
        "cloudkms.importJobs.*",
        "cloudkms.keyRings.*",
        "cloudkms.locations.get",
        "cloudkms.locations.list",
        *_PROJECT,
    ),
    "roles/cloudkms.viewer": (
        "cloudkms.cryptoKeyVersions.get",
        "cloudkms.cryptoKeyVersions.list",
        "cloudkms.cryptoKeys.get",
        "cloudkms.cryptoKeys.list",
        "cloudkms.keyRings.get",
        "cloudkms.keyRings.list",
        "cloudkms.locations.get",
        "cloudkms.locations.list",
        *_PROJECT,
    ),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": (
        "cloudkms.cryptoKeyVersions.useToDecrypt",
        "cloudkms.cryptoKeyVersions.useToEncrypt",
        "cloudkms.locations.get",
        "cloudkms.locations.list",
        *_PROJECT,
    ),
    "roles/cloudkms.cryptoKeyEncrypter": ("cloudkms.cryptoKeyVersions.useToEncrypt", *_PROJECT),
    "roles/cloudkms.cryptoKeyDecrypter": ("cloudkms.cryptoKeyVersions.useToDecrypt", *_PROJECT),
    "roles/cloudkms.signer": ("cloudkms.cryptoKeyVersions.useToSign", *_PROJECT),
    "roles/cloudkms.verifier": ("cloudkms.cryptoKeyVersions.useToVerify", *_PROJECT),
    "roles/cloudkms.signerVerifier": (
        "cloudkms.cryptoKeyVersions.useToSign",
        "cloudkms.cryptoKeyVersions.useToVerify",
        "cloudkms.cryptoKeyVersions.viewPublicKey",
        *_PROJECT,
    ),
    "roles/cloudkms.publicKeyViewer": ("cloudkms.cryptoKeyVersions.viewPublicKey", *_PROJECT),
    "roles/pubsub.admin": ("pubsub.*", *_PROJECT),
    "roles/pubsub.editor": tuple(
        f"pubsub.{one}"
        for one in [
            "topics.create",
            "topics.delete",
            "topics.get",
            "topics.list",
            "topics.update",
            "topics.publish",
            "topics.attachSubscription",
            "subscriptions.create",
            "subscriptions.delete",
            "subscriptions.get",
            "subscriptions.list",
            "subscriptions.update",
            "subscriptions.consume",
        ]
    )
    + _PROJECT,
    "roles/pubsub.publisher": ("pubsub.topics.publish",),
    "roles/pubsub.subscriber": ("pubsub.subscriptions.consume", "pubsub.topics.attachSubscription"),
    "roles/pubsub.viewer": (
        "pubsub.topics.get",
        "pubsub.topics.list",
        "pubsub.subscriptions.get",
        "pubsub.subscriptions.list",
        *_PROJECT,
    ),
    "roles/iam.serviceAccountUser": (
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.list",
        *_PROJECT,
    ),
    "roles/iam.serviceAccountTokenCreator": (
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.implicitDelegation",
        "iam.serviceAccounts.list",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        *_PROJECT,
    ),
    "roles/iam.serviceAccountOpenIdTokenCreator": ("iam.serviceAccounts.getOpenIdToken",),
    "roles/iam.serviceAccountAdmin": (
        *(
            f"iam.serviceAccounts.{one}"
            for one in [
                "create",
                "delete",
                "disable",
                "enable",
                "get",
                "getIamPolicy",
                "list",
                "setIamPolicy",
                "undelete",
                "update",
            ]
        ),
        *_PROJECT,
    ),
    "roles/iam.serviceAccountKeyAdmin": (
        "iam.serviceAccountKeys.*",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.list",
        *_PROJECT,
    ),
    "roles/iam.securityReviewer": (*_READ, "resourcemanager.projects.getIamPolicy", *_PROJECT),
    "roles/iam.roleAdmin": ("iam.roles.*", *_PROJECT, "resourcemanager.projects.getIamPolicy"),
    "roles/resourcemanager.projectIamAdmin": (
        "resourcemanager.projects.getIamPolicy",
        "resourcemanager.projects.setIamPolicy",
        *_PROJECT,
    ),
    "roles/serviceusage.serviceUsageAdmin": ("serviceusage.*", *_PROJECT),
    "roles/cloudfunctions.admin": ("cloudfunctions.*", *_PROJECT),
    "roles/cloudfunctions.developer": (
        *(
            f"cloudfunctions.functions.{one}"
            for one in ["call", "create", "delete", "get", "list", "sourceCodeGet", "sourceCodeSet", "update"]
        ),
        *_PROJECT,
    ),
    "roles/cloudfunctions.invoker": ("cloudfunctions.functions.invoke",),
    "roles/run.admin": ("run.*", *_PROJECT),
    "roles/run.invoker": ("run.routes.invoke", "run.jobs.run"),
    "roles/eventarc.eventReceiver": ("eventarc.events.receiveEvent",),
    "roles/cloudscheduler.admin": ("cloudscheduler.*", *_PROJECT),
    "roles/logging.admin": ("logging.*", *_PROJECT),
    "roles/logging.logWriter": ("logging.logEntries.create", "logging.logEntries.route"),
    "roles/logging.viewer": (
        "logging.logEntries.list",
        "logging.logMetrics.get",
        "logging.logMetrics.list",
        "logging.sinks.get",
        "logging.sinks.list",
        *_PROJECT,
    ),
    "roles/logging.privateLogViewer": ("logging.logEntries.list", "logging.privateLogEntries.list", *_PROJECT),
    "roles/logging.configWriter": ("logging.sinks.*", "logging.logMetrics.*", *_PROJECT),
    "roles/monitoring.admin": ("monitoring.*", *_PROJECT),
    "roles/monitoring.viewer": ("monitoring.alertPolicies.get", "monitoring.alertPolicies.list", *_PROJECT),
    "roles/monitoring.metricWriter": ("monitoring.timeSeries.create",),
    "roles/monitoring.alertPolicyEditor": ("monitoring.alertPolicies.*", *_PROJECT),
    "roles/storage.admin": ("storage.*", *_PROJECT),
    "roles/storage.objectViewer": ("storage.objects.get", "storage.objects.list", *_PROJECT),
    "roles/accesscontextmanager.policyAdmin": ("accesscontextmanager.*",),
    "roles/secretmanager.serviceAgent": (
        "cloudkms.cryptoKeyVersions.useToDecryptViaDelegation",
        "pubsub.topics.publish",
    ),
}


def allows(patterns: tuple[str, ...], permission: str) -> bool:
    """Whether a role's permissions hold one."""
    return any(
        permission == pattern or (pattern.endswith("*") and permission.startswith(pattern[:-1])) for pattern in patterns
    )


@cache
def predefined(role: str, permission: str) -> bool:
    """Whether a predefined role holds a permission."""
    return allows(ROLES.get(role, ()), permission)
