"""The basic roles: owner, editor, viewer and browser, as far as the sandbox's services go.

Source: cloud.google.com/iam/docs/roles-permissions, read 2026-11. Patterns end in `*`.
"""

PROJECT = ("resourcemanager.projects.get",)
"""What nearly every predefined role brings as well."""
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
READ = tuple(
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

BASIC: dict[str, tuple[str, ...]] = {
    "roles/owner": _SERVICES,
    "roles/editor": (
        *READ,
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
        *PROJECT,
    ),
    "roles/viewer": (*READ, *PROJECT),
    "roles/browser": (*PROJECT, "resourcemanager.projects.getIamPolicy"),
}
