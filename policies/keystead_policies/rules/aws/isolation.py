"""Separation of environments: accounts, names, tags and trusted principals."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.accounts import accounts_of
from keystead_policies.engine.resources.names import environment_of, says
from keystead_policies.engine.resources.policy_document import Statement, account_of, identity_statements, statements
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.tags import tags_of
from keystead_policies.engine.rule import Context, Severity, rule

_KEY = "aws:kms/key:Key"
_SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type token
_TAGGED = (_KEY, _SECRET, "aws:iam/role:Role", "aws:lambda/function:Function", "aws:ssm/parameter:Parameter")
_POLICIES = {
    _KEY: "policy",
    "aws:kms/replicaKey:ReplicaKey": "policy",
    "aws:kms/externalKey:ExternalKey": "policy",
    "aws:kms/keyPolicy:KeyPolicy": "policy",
    _SECRET: "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
}
_IDENTITIES = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/role:Role",
)
_NAME = re.compile(r":(?:secret:|parameter/)(.+)")
"""Name of a secret or parameter in its ARN."""
_CALLERS = ("aws:principalaccount", "aws:principalarn", "kms:calleraccount")
_TAGS = "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html"
_ACCOUNTS = "https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/organizing-your-aws-environment.html"


@rule(
    *_TAGGED,
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link=_TAGS,
    fix="add the tag, for example in `defaultTags` of the provider",
    options={"tag": "keystead:environment"},
    repair=lambda _resource, context: {"tags": {context.options["tag"]: context.environment}},
    convention=True,
)
def resource_is_tagged(resource: Resource, context: Context) -> Iterator[str]:
    """AWS keys, secrets and their consumers are tagged with their environment.

    The option `tag` names the tag (default {tag}).
    """
    if not tags_of(resource).given(context.options["tag"]):
        yield f"`tags` does not include {context.options['tag']}"


@rule(
    *_TAGGED,
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link=_TAGS,
    fix="add the tag with the name of the responsible team",
    options={"tag": "keystead:owner"},
    convention=True,
)
def resource_has_an_owner(resource: Resource, context: Context) -> Iterator[str]:
    """AWS keys, secrets and their consumers are tagged with their owner.

    The option `tag` names the tag (default {tag}).
    """
    if not tags_of(resource).given(context.options["tag"]):
        yield f"`tags` does not include {context.options['tag']}"


@rule(
    *_TAGGED,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_ACCOUNTS,
    fix="set the tag to the environment of the stack, or deploy the resource from the stack of its environment",
    options={"tag": "keystead:environment"},
)
def tag_matches_the_stack(resource: Resource, context: Context) -> Iterator[str]:
    """AWS resources are tagged with the environment of their stack.

    The option `tag` names the tag (default {tag}).
    """
    tag, wanted = context.options["tag"], context.environment
    found = tags_of(resource).get(tag)
    if found is not None and found != wanted:
        yield f"`tags`: {tag} is {found!r}, and the environment of the stack is {wanted!r}"


@rule(
    "aws:kms/alias:Alias",
    _SECRET,
    "aws:ssm/parameter:Parameter",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_ACCOUNTS,
    fix="rename it so that `name` starts with <environment>/",
    convention=True,
)
def name_carries_the_environment(resource: Resource, context: Context) -> Iterator[str]:
    """AWS keys, secrets and parameters have the environment in their name.

    Policies can then distinguish them by name.
    """
    name = resource.properties.get("name", "")
    if name and not says(name, context.environment):
        yield f"`name` is {name!r}, which does not contain {context.environment!r}"


@rule(
    "pulumi:providers:aws",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4", "PCI-6.5.3"],
    link="https://www.pulumi.com/registry/packages/aws/api-docs/provider/",
    fix="set `allowedAccountIds` to the account of the environment",
)
def provider_is_bound_to_its_account(provider: Resource, context: Context) -> Iterator[str]:
    """AWS providers allow only the account of their environment."""
    if not provider.properties.given("allowedAccountIds"):
        yield "`allowedAccountIds` is not set, so any account is accepted"
        return
    wanted = context.accounts.get(context.environment)
    allowed = accounts_of(provider.properties)
    if wanted and set(allowed) != {wanted}:
        found = ", ".join(allowed)
        yield f"`allowedAccountIds` is {found}, and the account of {context.environment} is {wanted}"


@rule(
    *_POLICIES,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3", "PCI-7.2.1"],
    link=_ACCOUNTS,
    fix="remove the principal, or list its account in the option `trusted`",
    options={"trusted": ()},
)
def policy_trusts_no_other_environment(resource: Resource, context: Context) -> Iterator[str]:
    """AWS resource policies do not trust accounts of other environments.

    Accounts that are listed in `trusted` are exempt.
    """
    own = _own_accounts(resource, context)
    names = {account: name for name, account in context.accounts.items()}
    key = _POLICIES[resource.type]
    for statement in statements(resource.properties, key):
        for account in _trusted(statement):
            if own and account not in own and account not in context.options["trusted"]:
                told = f"the account of {names[account]} ({account})" if account in names else f"account {account}"
                yield f"`{key}`: {statement.label} trusts {told}"


@rule(
    "aws:kms/grant:Grant",
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3", "PCI-7.2.1"],
    link=_ACCOUNTS,
    fix="use a grantee of this environment, or list its account in the option `trusted`",
    options={"trusted": ()},
)
def key_grant_trusts_no_other_environment(grant: Resource, context: Context) -> Iterator[str]:
    """AWS KMS grants do not trust accounts of other environments.

    Accounts that are listed in `trusted` are exempt.
    """
    own = _own_accounts(grant, context)
    for name in ("granteePrincipal", "retiringPrincipal"):
        account = account_of(str(grant.properties.get(name, "")))
        if own and account and account not in own and account not in context.options["trusted"]:
            yield f"`{name}` belongs to account {account}"


def _own_accounts(resource: Resource, context: Context) -> set[str]:
    """Return the environment's account: from the settings, else from the provider's `allowedAccountIds`."""
    known = context.accounts.get(context.environment)
    return {known} if known else set(accounts_of(resource.provider))


def _trusted(statement: Statement) -> Iterator[str]:
    """Return the accounts a statement allows: by principal, or by condition where the principal is a wildcard."""
    if statement.allows:
        named = [name for kind, name in statement.principals if kind == "AWS"]
        if statement.public:
            meant = [values for operator, values in statement.condition(*_CALLERS) if "Not" not in operator]
            named += [value for values in meant for value in values]
        yield from dict.fromkeys(account for account in map(account_of, named) if account)


@rule(
    *_IDENTITIES,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_ACCOUNTS,
    fix="use a separate role for each environment",
)
def identity_reaches_one_environment(policy: Resource, context: Context) -> Iterator[str]:
    """IAM policies do not allow access to secrets or parameters of other environments."""
    for statement in identity_statements(policy):
        names = (found[1] for resource in statement.resources if (found := _NAME.search(resource)))
        reached = {environment_of(name, context.environments) for name in names}
        if others := sorted(reached - {context.environment, ""}):
            yield f"`policy`: {statement.label} allows access to secrets or parameters of {', '.join(others)}"
