"""Passwords and plaintext in the properties of databases, caches, App Runner, Amplify and KMS ciphertexts."""

from collections.abc import Iterator

from keystead_policies.engine.resources.credentials import describe
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.values import Values
from keystead_policies.engine.rule import Context, Severity, rule

_LINK = "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"
_CONTROLS = ["NIST-800-53-IA-5", "PCI-8.6.2", "OWASP-SM-3.2"]
_PASSWORDS = {
    "aws:rds/cluster:Cluster": ("masterPassword", "masterPasswordWo"),
    "aws:rds/instance:Instance": ("password", "passwordWo"),
    "aws:docdb/cluster:Cluster": ("masterPassword", "masterPasswordWo"),
    "aws:redshift/cluster:Cluster": ("masterPassword", "masterPasswordWo"),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("authToken",),
}
"""Types of databases to their properties that hold a password."""


@rule(
    *_PASSWORDS,
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
    fix="remove the password, and set `manageMasterUserPassword` to true where the service has it",
)
def database_has_no_password(database: Resource, _context: Context) -> Iterator[str]:
    """Database passwords are not set in the program.

    A value set in the program is kept in Pulumi's state; so are write-only arguments.
    """
    for name in _PASSWORDS[database.type]:
        if database.properties.given(name):
            yield f"`{name}` is set, so it is kept in Pulumi's state"


@rule(
    "aws:kms/ciphertext:Ciphertext",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="remove the Ciphertext, and store the value in Secrets Manager",
)
def ciphertext_has_no_plaintext(ciphertext: Resource, _context: Context) -> Iterator[str]:
    """KMS ciphertexts are not created from plaintext in the program."""
    if ciphertext.properties.given("plaintext"):
        yield "`plaintext` is kept in Pulumi's state"


@rule(
    "aws:apprunner/service:Service",
    "aws:amplify/app:App",
    severity=Severity.CRITICAL,
    controls=_CONTROLS,
    link=_LINK,
    fix="store the value in Secrets Manager, and pass only the name of the secret to the service",
)
def service_environment_has_no_credentials(service: Resource, _context: Context) -> Iterator[str]:
    """App Runner and Amplify environment variables contain no credentials."""
    source = service.properties.table("sourceConfiguration")
    image = source.table("imageRepository").table("imageConfiguration")
    code = source.table("codeRepository").table("codeConfiguration").table("codeConfigurationValues")
    for name, holder in (
        ("environmentVariables", service.properties),
        ("runtimeEnvironmentVariables", image),
        ("runtimeEnvironmentVariables", code),
    ):
        yield from _variables(name, holder.table(name))


def _variables(where: str, variables: Values) -> Iterator[str]:
    for name in variables:
        if variables.known(name) and (found := describe(name, variables.get(name))):
            yield f"`{where}`: variable {name} contains {found}"
