"""What each role of an environment may do, in the project as a whole; secrets and keys name their users themselves."""

from keystead.gcp.grants import CustomRole, Grant, custom_role_path, environment_secrets
from keystead.gcp.secret_policy import READ
from keystead.model.gcp.scope import GcpScope
from keystead.spec.environment import EnvironmentSpec

LOOK = "roles/secretmanager.viewer"
"""Reading about secrets and versions, never a value."""

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
"""Calls that name the project only, so that no condition on names can cover them."""

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
"""What a rotation does: a new version, aliases moved by an update of the secret, old versions ended."""

ROTATE_ACCOUNT_KEYS = "roles/iam.serviceAccountKeyAdmin"
"""Makes and deletes keys of the one account it is granted on."""

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
"""Neither access to values, nor the secret's policy, which could give it."""

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
"""Reads settings and policies throughout the project, values and messages nowhere."""

CUSTOM = (LIST, ROTATE, MANAGE, AUDIT)
"""Every custom role of an environment."""


def rotator(scope: GcpScope, member: str) -> list[Grant]:
    """Rotates every secret of the environment, those made later included, so that it can give them their first value.

    AWS ties values to the function a secret names as its rotator. Here the function's own settings do: it refuses
    secrets they do not name.
    """
    return [Grant(member, custom_role_path(scope, ROTATE.name), environment_secrets(scope))]


def rotated_accounts(spec: EnvironmentSpec) -> list[str]:
    """E-mail addresses of the service accounts whose keys the rotator makes, sorted."""
    rotations = (spec.secrets[name].rotation for name in spec.rotated("gcp"))
    return sorted({one.service_account for one in rotations if one.service_account is not None})


def administrator(scope: GcpScope) -> list[Grant]:
    """Everything about secrets but values and deletion; keys and the rotation's topic name the administrator too."""
    member = scope.account_member("administrator")
    return [
        Grant(member, custom_role_path(scope, MANAGE.name), environment_secrets(scope)),
        Grant(member, custom_role_path(scope, LIST.name)),
    ]


def auditor(scope: GcpScope) -> list[Grant]:
    """Reads settings, policies and logs, records of data access included; never a value and never a change.

    Logs and settings are those of the project: where environments share it, the auditor of one sees all.
    """
    member = scope.account_member("auditor")
    return [
        Grant(member, LOOK, environment_secrets(scope)),
        Grant(member, custom_role_path(scope, AUDIT.name)),
        Grant(member, "roles/logging.privateLogViewer"),
    ]


def break_glass(scope: GcpScope) -> list[Grant]:
    """Every value of the environment, from anywhere and at any time."""
    member = scope.account_member("break-glass")
    return [
        Grant(member, READ, environment_secrets(scope)),
        Grant(member, LOOK, environment_secrets(scope)),
        Grant(member, custom_role_path(scope, LIST.name)),
    ]
