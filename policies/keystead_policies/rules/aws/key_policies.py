"""KMS key policies: public access, separation of duties, and the account's own access."""

from collections.abc import Iterator

from keystead_policies.engine.resources.accounts import accounts_of
from keystead_policies.engine.resources.policy_document import Statement, account_of, is_account, statements
from keystead_policies.engine.resources.public_access import narrowed, publicly_allowed
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
    fix="list the principals, or add a condition on aws:PrincipalArn, kms:CallerAccount or aws:PrincipalOrgID",
)
def key_policy_is_not_public(key: Resource, _context: Context) -> Iterator[str]:
    """KMS key policies do not allow public access.

    A statement for all principals needs a condition that limits the callers.
    """
    yield from publicly_allowed(key)


@rule(
    *_TYPES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-3.6.1.3", "NIST-800-57-5.2"],
    link=f"{_GUIDE}/key-policy-default.html",
    fix="split the statement into one for key administrators and one for key users, with different principals",
)
def key_policy_separates_duties(key: Resource, _context: Context) -> Iterator[str]:
    """KMS key policies separate key administration from key usage.

    Only the account root may have both.
    """
    every = [statement for statement in statements(key.properties, "policy") if statement.allows]
    users = {name for statement in every if statement.names("kms:Decrypt") for name in _persons(statement)}
    managers = {name for statement in every if _manages(statement) for name in _persons(statement)}
    if both := sorted(users & managers):
        yield f"`policy` lets {', '.join(both)} both administer the key and decrypt with it"
    for statement in every:
        unnamed = not _persons(statement) and narrowed(statement) and not _whole_account(statement)
        if unnamed and statement.names("kms:Decrypt") and _manages(statement):
            yield f"`policy`: {statement.label} lets its callers both administer the key and decrypt with it"


def _persons(statement: Statement) -> list[str]:
    return [name for kind, name in statement.principals if kind == "AWS" and name != "*" and not is_account(name)]


def _manages(statement: Statement) -> bool:
    return statement.names("kms:PutKeyPolicy") or statement.names("kms:ScheduleKeyDeletion")


def _whole_account(statement: Statement) -> bool:
    """Whether a statement is for all principals of an account, by a condition in place of the account root."""
    return statement.public and statement.limited("kms:calleraccount", "aws:principalaccount")


@rule(
    *_TYPES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-6", "PCI-7.2.2"],
    link=f"{_GUIDE}/key-policy-services.html",
    fix="list the actions that are used: Encrypt, Decrypt, ReEncrypt*, GenerateDataKey*, DescribeKey",
)
def key_policy_lists_actions(key: Resource, _context: Context) -> Iterator[str]:
    """KMS key policies grant `kms:*` only to the account root."""
    for statement in statements(key.properties, "policy"):
        wide = {"*", "kms:*"} & {action.lower() for action in statement.actions}
        others = [] if _whole_account(statement) else [name for _, name in statement.principals if not is_account(name)]
        if statement.allows and wide and others:
            yield f"`policy`: {statement.label} grants {wide.pop()} to {', '.join(others)}"


@rule(
    *_TYPES,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-SC-12", "OWASP-SM-2.9"],
    link=f"{_GUIDE}/key-policy-default.html",
    fix="add a statement with the account root as principal and kms:PutKeyPolicy among its actions",
)
def key_policy_keeps_an_owner(key: Resource, context: Context) -> Iterator[str]:
    """KMS key policies allow the account root to change the key policy.

    Without that permission only AWS Support can restore access to the key. The default key policy has it.
    """
    if not key.properties.given("policy"):
        return
    own = context.accounts.get(context.environment)
    accounts = {own} if own else set(accounts_of(key.provider))
    every = [each for each in statements(key.properties, "policy") if each.names("kms:PutKeyPolicy")]
    if not any(each.allows and (_owned(each, accounts) or _whole_account(each)) for each in every):
        yield "`policy` does not grant kms:PutKeyPolicy to the account root"
    elif denying := [each for each in every if not each.allows and each.public and not each.conditions]:
        yield f"`policy`: {denying[0].label} denies kms:PutKeyPolicy to all principals"


def _owned(statement: Statement, accounts: set[str]) -> bool:
    """Whether a statement is for the root of the key's own account, where that is known."""
    roots = [name for kind, name in statement.principals if kind == "AWS" and is_account(name)]
    return any(not accounts or account_of(name) in accounts for name in roots)


@rule(
    *_TYPES,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-3", "PCI-3.6.1.3"],
    link=f"{_GUIDE}/conditions-kms.html",
    fix="add a condition on aws:SourceAccount or aws:SourceArn, or on kms:CallerAccount together with kms:ViaService",
)
def key_policy_names_the_source_of_services(key: Resource, _context: Context) -> Iterator[str]:
    """KMS key policies limit AWS service principals to a known source account.

    Otherwise resources of another account can use the key through the service (confused deputy).
    """
    for statement in statements(key.properties, "policy"):
        services = [name for kind, name in statement.principals if kind == "Service"]
        context = statement.condition("kms:encryptioncontext:*", "kms:viaservice")
        if statement.allows and services and statement.names("kms:Decrypt") and not (narrowed(statement) or context):
            yield f"`policy`: {statement.label} lets {', '.join(services)} decrypt on behalf of any account"
