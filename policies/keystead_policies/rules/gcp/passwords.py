"""Passwords and credentials in the properties of other services: Cloud SQL, Parameter Manager, Compute Engine."""

from collections.abc import Iterator

from keystead_policies.engine.resources.credentials import describe, in_script
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"
_CONTROLS = ["NIST-800-53-IA-5", "PCI-8.6.2", "OWASP-SM-3.2"]
_PASSWORDS = {
    "gcp:sql/user:User": ("password", "passwordWo"),
    "gcp:sql/databaseInstance:DatabaseInstance": ("rootPassword", "rootPasswordWo"),
}
"""Types of databases to their properties that hold a password."""


@rule(
    *_PASSWORDS,
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link="https://cloud.google.com/sql/docs/postgres/iam-authentication",
    fix="remove the password, and use IAM database authentication",
)
def database_has_no_password(database: Resource, _context: Context) -> Iterator[str]:
    """Cloud SQL passwords are not set in the program.

    A value set in the program is kept in Pulumi's state; so are write-only arguments.
    """
    for name in _PASSWORDS[database.type]:
        if database.properties.given(name):
            yield f"`{name}` is set, so it is kept in Pulumi's state"


@rule(
    "gcp:parametermanager/parameterVersion:ParameterVersion",
    "gcp:parametermanager/regionalParameterVersion:RegionalParameterVersion",
    severity=Severity.HIGH,
    controls=_CONTROLS,
    link="https://cloud.google.com/secret-manager/parameter-manager/docs/reference-secrets-in-parameter",
    fix="store the value in Secret Manager, and reference the secret in the parameter",
)
def parameter_version_has_no_credentials(version: Resource, _context: Context) -> Iterator[str]:
    """Parameter Manager versions contain no credentials."""
    if found := describe("", version.properties.get("parameterData", "")):
        yield f"`parameterData` contains {found}"


@rule(
    "gcp:compute/instance:Instance",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="use a service account, and read the secret from Secret Manager at run time",
)
def instance_metadata_has_no_credentials(instance: Resource, _context: Context) -> Iterator[str]:
    """Compute Engine startup scripts and metadata contain no credentials.

    Every process on the instance can read them, and so can every principal that may describe the instance.
    """
    script = instance.properties.get("metadataStartupScript", "")
    if found := in_script(script):
        yield f"`metadataStartupScript` contains {found}"
    metadata = instance.properties.table("metadata")
    for name in metadata:
        if metadata.known(name) and (found := describe(name, metadata.get(name)) or in_script(str(metadata.get(name)))):
            yield f"`metadata`: {name} contains {found}"
