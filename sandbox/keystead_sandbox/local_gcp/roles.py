"""Predefined roles: the permissions this product's deployments meet, each as Google lists it.

Source: cloud.google.com/iam/docs/roles-permissions, read 2026-11. A role that is not here cannot be granted, so that
nothing is silently allowed or refused; patterns end in `*`.
"""

from functools import cache

from keystead_sandbox.local_gcp.basic_roles import BASIC, PROJECT, READ

ROLES: dict[str, tuple[str, ...]] = {
    **BASIC,
    "roles/secretmanager.admin": ("secretmanager.*", *PROJECT),
    "roles/secretmanager.secretAccessor": ("secretmanager.versions.access", *PROJECT),
    "roles/secretmanager.secretVersionAdder": ("secretmanager.versions.add", *PROJECT),
    "roles/secretmanager.secretVersionManager": (
        "secretmanager.versions.add",
        "secretmanager.versions.destroy",
        "secretmanager.versions.disable",
        "secretmanager.versions.enable",
        "secretmanager.versions.get",
        "secretmanager.versions.list",
        *PROJECT,
    ),
    "roles/secretmanager.viewer": (
        "secretmanager.locations.*",
        "secretmanager.secrets.get",
        "secretmanager.secrets.getIamPolicy",
        "secretmanager.secrets.list",
        "secretmanager.versions.get",
        "secretmanager.versions.list",
        *PROJECT,
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
        *PROJECT,
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
        *PROJECT,
    ),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": (
        "cloudkms.cryptoKeyVersions.useToDecrypt",
        "cloudkms.cryptoKeyVersions.useToEncrypt",
        "cloudkms.locations.get",
        "cloudkms.locations.list",
        *PROJECT,
    ),
    "roles/cloudkms.cryptoKeyEncrypter": ("cloudkms.cryptoKeyVersions.useToEncrypt", *PROJECT),
    "roles/cloudkms.cryptoKeyDecrypter": ("cloudkms.cryptoKeyVersions.useToDecrypt", *PROJECT),
    "roles/cloudkms.signer": ("cloudkms.cryptoKeyVersions.useToSign", *PROJECT),
    "roles/cloudkms.verifier": ("cloudkms.cryptoKeyVersions.useToVerify", *PROJECT),
    "roles/cloudkms.signerVerifier": (
        "cloudkms.cryptoKeyVersions.useToSign",
        "cloudkms.cryptoKeyVersions.useToVerify",
        "cloudkms.cryptoKeyVersions.viewPublicKey",
        *PROJECT,
    ),
    "roles/cloudkms.publicKeyViewer": ("cloudkms.cryptoKeyVersions.viewPublicKey", *PROJECT),
    "roles/pubsub.admin": ("pubsub.*", *PROJECT),
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
    + PROJECT,
    "roles/pubsub.publisher": ("pubsub.topics.publish",),
    "roles/pubsub.subscriber": ("pubsub.subscriptions.consume", "pubsub.topics.attachSubscription"),
    "roles/pubsub.viewer": (
        "pubsub.topics.get",
        "pubsub.topics.list",
        "pubsub.subscriptions.get",
        "pubsub.subscriptions.list",
        *PROJECT,
    ),
    "roles/iam.serviceAccountUser": (
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.list",
        *PROJECT,
    ),
    "roles/iam.serviceAccountTokenCreator": (
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.implicitDelegation",
        "iam.serviceAccounts.list",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        *PROJECT,
    ),
    "roles/iam.workloadIdentityUser": (
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.list",
    ),
    "roles/iam.workloadIdentityPoolAdmin": (
        "iam.workloadIdentityPoolProviders.*",
        "iam.workloadIdentityPools.*",
        *PROJECT,
    ),
    "roles/iam.workloadIdentityPoolViewer": (
        "iam.workloadIdentityPoolProviders.get",
        "iam.workloadIdentityPoolProviders.list",
        "iam.workloadIdentityPools.get",
        "iam.workloadIdentityPools.list",
        *PROJECT,
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
        *PROJECT,
    ),
    "roles/iam.serviceAccountKeyAdmin": (
        "iam.serviceAccountKeys.*",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.list",
        *PROJECT,
    ),
    "roles/iam.securityReviewer": (*READ, "resourcemanager.projects.getIamPolicy", *PROJECT),
    "roles/iam.roleAdmin": ("iam.roles.*", *PROJECT, "resourcemanager.projects.getIamPolicy"),
    "roles/resourcemanager.projectIamAdmin": (
        "resourcemanager.projects.getIamPolicy",
        "resourcemanager.projects.setIamPolicy",
        *PROJECT,
    ),
    "roles/serviceusage.serviceUsageAdmin": ("serviceusage.*", *PROJECT),
    "roles/cloudfunctions.admin": ("cloudfunctions.*", *PROJECT),
    "roles/cloudfunctions.developer": (
        *(
            f"cloudfunctions.functions.{one}"
            for one in ["call", "create", "delete", "get", "list", "sourceCodeGet", "sourceCodeSet", "update"]
        ),
        *PROJECT,
    ),
    "roles/cloudfunctions.invoker": ("cloudfunctions.functions.invoke",),
    "roles/run.admin": ("run.*", *PROJECT),
    "roles/run.invoker": ("run.routes.invoke", "run.jobs.run"),
    "roles/eventarc.eventReceiver": ("eventarc.events.receiveEvent",),
    "roles/cloudscheduler.admin": ("cloudscheduler.*", *PROJECT),
    "roles/logging.admin": ("logging.*", *PROJECT),
    "roles/logging.logWriter": ("logging.logEntries.create", "logging.logEntries.route"),
    "roles/logging.viewer": (
        "logging.logEntries.list",
        "logging.logMetrics.get",
        "logging.logMetrics.list",
        "logging.sinks.get",
        "logging.sinks.list",
        *PROJECT,
    ),
    "roles/logging.privateLogViewer": ("logging.logEntries.list", "logging.privateLogEntries.list", *PROJECT),
    "roles/logging.configWriter": ("logging.buckets.*", "logging.logMetrics.*", "logging.sinks.*", *PROJECT),
    "roles/logging.bucketWriter": ("logging.buckets.write",),
    "roles/monitoring.admin": ("monitoring.*", *PROJECT),
    "roles/monitoring.viewer": (
        *("monitoring.alertPolicies.get", "monitoring.alertPolicies.list"),
        *("monitoring.alerts.get", "monitoring.alerts.list"),
        *PROJECT,
    ),
    "roles/monitoring.alertViewer": ("monitoring.alerts.get", "monitoring.alerts.list"),
    "roles/monitoring.metricWriter": ("monitoring.timeSeries.create",),
    "roles/monitoring.alertPolicyEditor": ("monitoring.alertPolicies.*", *PROJECT),
    "roles/storage.admin": ("storage.*", *PROJECT),
    "roles/storage.objectViewer": ("storage.objects.get", "storage.objects.list", *PROJECT),
    "roles/storage.objectCreator": ("storage.objects.create", *PROJECT),
    "roles/storage.objectAdmin": ("storage.objects.*", *PROJECT),
    "roles/artifactregistry.reader": (
        "artifactregistry.dockerimages.get",
        "artifactregistry.dockerimages.list",
        "artifactregistry.repositories.downloadArtifacts",
        "artifactregistry.repositories.get",
        "artifactregistry.repositories.list",
    ),
    "roles/artifactregistry.writer": (
        "artifactregistry.dockerimages.get",
        "artifactregistry.dockerimages.list",
        "artifactregistry.repositories.downloadArtifacts",
        "artifactregistry.repositories.get",
        "artifactregistry.repositories.list",
        "artifactregistry.repositories.uploadArtifacts",
    ),
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
