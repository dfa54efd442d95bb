"""Key policies: no strangers, managing apart from using, and an owner who can always get back in."""

from collections.abc import Iterator

from keystead_policies.engine.resources.policy_document import is_account, statements
from keystead_policies.engine.resources.public_access import for_everybody, narrowed
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule

_TYPES = (
    "aws:kms/key:Key",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/keyPolicy:KeyPolicy",
)
_GUIDE = "https://docs.aws.amazon.com/kms/latest/developerguide"


@rule(
    *_TYPES,
    severity=Severity.CRITICAL,
    controls=["FSBP-KMS.5", "NIST-800-53-AC-3", "PCI-3.6.1.3", "PCI-7.2.1"],
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-5",
    fix="name the principals, or add a condition on aws:PrincipalArn, kms:CallerAccount or aws:PrincipalOrgID",
)
def key_policy_is_not_public(key: Resource, _context: Context) -> Iterator[str]:
    """No key policy allows everybody without saying who is meant."""
    for statement in for_everybody(key):
        yield f"{statement.label} allows Principal '*'"


@rule(
    *_TYPES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-3.6.1.3", "NIST-800-57-5.2"],
    link=f"{_GUIDE}/key-policy-default.html",
    fix="split it into a statement that manages and one that uses, for different principals",
)
def key_policy_separates_duties(key: Resource, _context: Context) -> Iterator[str]:
    """Nobody but the account itself both manages a key and decrypts with it."""
    for statement in statements(key.properties, "policy"):
        decrypts = statement.names("kms:Decrypt")
        manages = statement.names("kms:PutKeyPolicy") or statement.names("kms:ScheduleKeyDeletion")
        persons = [name for kind, name in statement.principals if kind == "AWS" and not is_account(name)]
        if statement.allows and decrypts and manages and (persons or narrowed(statement)):
            yield f"{statement.label} lets {', '.join(persons) or 'its callers'} do both"


@rule(
    *_TYPES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_GUIDE}/key-policy-services.html",
    fix="list the actions: Encrypt, Decrypt, ReEncrypt*, GenerateDataKey*, DescribeKey",
)
def key_policy_lists_actions(key: Resource, _context: Context) -> Iterator[str]:
    """Only the account's own statement may say `kms:*`."""
    for statement in statements(key.properties, "policy"):
        wide = {"*", "kms:*"} & {action.lower() for action in statement.actions}
        others = [name for _, name in statement.principals if not is_account(name)]
        if statement.allows and wide and others:
            yield f"{statement.label} gives {wide.pop()} to {', '.join(others)}"


@rule(
    *_TYPES,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-SC-12", "OWASP-SM-2.9"],
    link=f"{_GUIDE}/key-policy-default.html",
    fix="add a statement with the account's root as principal and kms:PutKeyPolicy among its actions",
)
def key_policy_keeps_an_owner(key: Resource, _context: Context) -> Iterator[str]:
    """A key policy that is stated leaves the account able to change it; without that only AWS Support gets back in."""
    if not key.properties.given("policy"):
        return
    for statement in statements(key.properties, "policy"):
        owner = any(kind == "AWS" and is_account(name) for kind, name in statement.principals)
        if statement.allows and owner and statement.names("kms:PutKeyPolicy"):
            return
    yield "its policy lets no account root change it (kms:PutKeyPolicy)"


@rule(
    *_TYPES,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/conditions-kms.html",
    fix="add a condition on aws:SourceAccount or aws:SourceArn (kms:CallerAccount for kms:ViaService)",
)
def key_policy_names_the_source_of_services(key: Resource, _context: Context) -> Iterator[str]:
    """A service may decrypt only in the name of this account's resources (confused deputy)."""
    for statement in statements(key.properties, "policy"):
        services = [name for kind, name in statement.principals if kind == "Service"]
        context = statement.condition("kms:encryptioncontext:*", "kms:viaservice")
        if statement.allows and services and statement.names("kms:Decrypt") and not (narrowed(statement) or context):
            yield f"{statement.label} lets {', '.join(services)} decrypt for any account"
