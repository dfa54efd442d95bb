"""What each role of an environment may do in the whole project; secrets and keys have grants of their own."""

from keystead.gcp.grants import CustomRole, Grant, custom_role_path, environment_secrets
from keystead.gcp.secret_policy import READ
from keystead.model.gcp.scope import GcpScope
from keystead.spec.environment import EnvironmentSpec

LOOK = "roles/secretmanager.viewer"
"""Reading the metadata of secrets and versions, never a value."""

LIST = CustomRole(
    "lister",
    "Lists keys, secrets and alert policies",
    (
        "cloudkms.cryptoKeys.list",
        "cloudkms.keyRings.list",
        "monitoring.alertPolicies.list",
        "monitoring.alerts.list",
        "resourcemanager.projects.get",
        "secretmanager.secrets.list",
    ),
)
"""Calls that name the project only, so no condition on names can apply to them."""

SWEEP = CustomRole("sweep", "Lists secrets", ("secretmanager.secrets.list",))
"""The list of the project's secrets, which the hourly sweep reads instead of one secret after the other."""

ROTATE = CustomRole(
    "rotator",
    "Rotates secrets",
    (
        "secretmanager.secrets.get",
        "secretmanager.secrets.update",
        "secretmanager.versions.access",
        "secretmanager.versions.add",
        "secretmanager.versions.destroy",
        "secretmanager.versions.disable",
        "secretmanager.versions.get",
        "secretmanager.versions.list",
    ),
)
"""Steps of a rotation: add a version, move aliases by updating the secret, end old versions."""

ROTATE_ACCOUNT_KEYS = "roles/iam.serviceAccountKeyAdmin"
"""Creates and deletes keys of the one account it is granted on."""

MANAGE = CustomRole(
    "administrator",
    "Manages secrets, reads no value",
    (
        "secretmanager.secrets.get",
        "secretmanager.secrets.getIamPolicy",
        "secretmanager.secrets.update",
        "secretmanager.versions.disable",
        "secretmanager.versions.enable",
        "secretmanager.versions.get",
        "secretmanager.versions.list",
    ),
)
"""It includes neither access to values nor the secret's policy, which could grant that access."""

AUDIT = CustomRole(
    "auditor",
    "Sees settings and policies",
    (
        "cloudfunctions.functions.get",
        "cloudkms.cryptoKeyVersions.get",
        "cloudkms.cryptoKeyVersions.list",
        "cloudkms.cryptoKeys.get",
        "cloudkms.cryptoKeys.getIamPolicy",
        "cloudkms.cryptoKeys.list",
        "cloudkms.keyRings.get",
        "cloudkms.keyRings.list",
        "cloudscheduler.jobs.get",
        "iam.roles.get",
        "iam.roles.list",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.getIamPolicy",
        "iam.serviceAccounts.list",
        "monitoring.alertPolicies.get",
        "monitoring.alertPolicies.list",
        "monitoring.alerts.list",
        "pubsub.subscriptions.get",
        "pubsub.topics.get",
        "resourcemanager.projects.get",
        "resourcemanager.projects.getIamPolicy",
        "secretmanager.secrets.list",
    ),
)
"""Reads settings and policies in the whole project, but no values and no messages."""

CUSTOM = (LIST, ROTATE, SWEEP, MANAGE, AUDIT)
"""Every custom role of an environment."""


def rotator(scope: GcpScope, member: str) -> list[Grant]:
    """Rotates every secret of the environment, also those created later, so that it can add their first value.

    On AWS values can be read only by the function that a secret names as its rotator. Here the function's own settings
    limit it: it refuses secrets they do not name.
    """
    return [
        Grant(member, custom_role_path(scope, ROTATE.name), environment_secrets(scope)),
        Grant(member, custom_role_path(scope, SWEEP.name)),
    ]


def rotated_accounts(spec: EnvironmentSpec) -> list[str]:
    """E-mail addresses of the service accounts whose keys the rotator creates, sorted."""
    rotations = (spec.secrets[name].rotation for name in spec.rotated("gcp"))
    return sorted({one.service_account for one in rotations if one.service_account is not None})


def administrator(scope: GcpScope) -> list[Grant]:
    """Manages secrets, but reads no value and deletes no secret; keys and the topic have grants of their own."""
    member = scope.account_member("administrator")
    return [
        Grant(member, custom_role_path(scope, MANAGE.name), environment_secrets(scope)),
        Grant(member, custom_role_path(scope, LIST.name)),
    ]


def auditor(scope: GcpScope) -> list[Grant]:
    """Reads settings, policies and logs, including data access records; no values, and changes nothing.

    Logs and settings belong to the project: where environments share it, the auditor of one can read those of all.
    """
    member = scope.account_member("auditor")
    return [
        Grant(member, LOOK, environment_secrets(scope)),
        Grant(member, custom_role_path(scope, AUDIT.name)),
        Grant(member, "roles/logging.privateLogViewer"),
    ]


def break_glass(scope: GcpScope) -> list[Grant]:
    """Reads every value of the environment, from anywhere and at any time."""
    member = scope.account_member("break-glass")
    return [
        Grant(member, READ, environment_secrets(scope)),
        Grant(member, LOOK, environment_secrets(scope)),
        Grant(member, custom_role_path(scope, LIST.name)),
    ]
