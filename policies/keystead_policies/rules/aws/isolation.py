"""Environments are kept apart: by account, by name, by tag, and by whom policies trust."""

import re
from collections.abc import Iterator

from keystead_policies.engine.resources.names import environment_of, says
from keystead_policies.engine.resources.policy_document import Statement, account_of, identity_statements, statements
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.resources.tags import tags_of
from keystead_policies.engine.resources.values import Items, Values, document
from keystead_policies.engine.rule import Context, Severity, rule

_KEY = "aws:kms/key:Key"
_SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type token
_TAGGED = (_KEY, _SECRET, "aws:iam/role:Role", "aws:lambda/function:Function", "aws:ssm/parameter:Parameter")
_POLICIES = {
    _KEY: "policy",
    "aws:kms/replicaKey:ReplicaKey": "policy",
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
    fix="add the tag, best in default_tags of the provider",
    options={"tag": "keystead:environment"},
    repair=lambda _resource, context: {"tags": {context.options["tag"]: context.environment}},
)
def resource_is_tagged(resource: Resource, context: Context) -> Iterator[str]:
    """Keys, secrets and who uses them say their environment in the tag `tag`."""
    if not tags_of(resource).given(context.options["tag"]):
        yield f"it has no tag {context.options['tag']}"


@rule(
    *_TAGGED,
    severity=Severity.LOW,
    controls=["NIST-800-53-CM-8(1)", "OWASP-SM-2.11"],
    link=_TAGS,
    fix="add the tag with the team that answers for it",
    options={"tag": "keystead:owner"},
)
def resource_has_an_owner(resource: Resource, context: Context) -> Iterator[str]:
    """Keys, secrets and who uses them say who answers for them in the tag `tag`."""
    if not tags_of(resource).given(context.options["tag"]):
        yield f"it has no tag {context.options['tag']}"


@rule(
    *_TAGGED,
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_ACCOUNTS,
    fix="give it the stack's environment, or deploy it from its own stack",
    options={"tag": "keystead:environment"},
)
def tag_matches_the_stack(resource: Resource, context: Context) -> Iterator[str]:
    """The environment in a resource's tag is the stack's."""
    found = tags_of(resource).get(context.options["tag"])
    if found is not None and found != context.environment:
        yield f"its tag says {found!r} in the stack of {context.environment!r}"


@rule(
    "aws:kms/alias:Alias",
    _SECRET,
    "aws:ssm/parameter:Parameter",
    severity=Severity.MEDIUM,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3"],
    link=_ACCOUNTS,
    fix="begin the name with the environment: <environment>/<name>",
)
def name_carries_the_environment(resource: Resource, context: Context) -> Iterator[str]:
    """Names of keys and secrets say their environment, so that policies can tell them apart and people see it."""
    name = resource.properties.get("name", "")
    if name and not says(name, context.environment):
        yield f"its name {name!r} does not say {context.environment!r}"


@rule(
    "pulumi:providers:aws",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-4", "PCI-6.5.3"],
    link="https://www.pulumi.com/registry/packages/aws/api-docs/provider/",
    fix="set allowed_account_ids to the environment's account",
)
def provider_is_bound_to_its_account(provider: Resource, context: Context) -> Iterator[str]:
    """The provider refuses credentials of any account but the environment's."""
    if not provider.properties.given("allowedAccountIds"):
        yield "it works in whatever account its credentials are for"
        return
    wanted = context.accounts.get(context.environment)
    allowed = _listed(provider.properties)
    if wanted and set(allowed) != {wanted}:
        yield f"it allows {', '.join(allowed)}, and {context.environment} is {wanted}"


def _listed(properties: Values) -> list[str]:
    """Entries of a list that a provider's inputs hold as JSON text."""
    found = properties.get("allowedAccountIds")
    if isinstance(found, str):
        parsed = document(Values({"list": f'{{"entries": {found}}}'}), "list").items_of("entries")
        return [str(entry) for entry in parsed]
    return [str(entry) for entry in found] if isinstance(found, Items) else []


@rule(
    *_POLICIES,
    severity=Severity.CRITICAL,
    controls=["NIST-800-53-AC-4(21)", "PCI-6.5.3", "PCI-7.2.1"],
    link=_ACCOUNTS,
    fix="remove the principal, or list its account in `trusted` with a reason in the settings",
    options={"trusted": ()},
)
def policy_trusts_no_other_environment(resource: Resource, context: Context) -> Iterator[str]:
    """No key, secret or role trusts another environment's account, nor one that is not listed."""
    own = _own_accounts(resource, context)
    names = {account: name for name, account in context.accounts.items()}
    for statement in statements(resource.properties, _POLICIES[resource.type]):
        for account in _trusted(statement):
            if own and account not in own and account not in context.options["trusted"]:
                told = f"{names[account]} ({account})" if account in names else f"the account {account}"
                yield f"{statement.label} trusts {told}"


def _own_accounts(resource: Resource, context: Context) -> set[str]:
    """The environment's account: from the settings, else from what the provider is bound to."""
    known = context.accounts.get(context.environment)
    return {known} if known else set(_listed(resource.provider))


def _trusted(statement: Statement) -> Iterator[str]:
    """Accounts that a statement lets in by its principals, or by its conditions where everybody is the principal."""
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
    fix="give each environment's reader a role of its own",
)
def identity_reaches_one_environment(policy: Resource, context: Context) -> Iterator[str]:
    """No identity is allowed secrets or parameters that are named for another environment."""
    for statement in identity_statements(policy):
        names = (found[1] for resource in statement.resources if (found := _NAME.search(resource)))
        reached = {environment_of(name, context.environments) for name in names}
        if others := sorted(reached - {context.environment, ""}):
            yield f"{statement.label} reaches {', '.join(others)}"
