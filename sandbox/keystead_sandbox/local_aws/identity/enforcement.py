"""How ministack decides on a request, corrected where it decides otherwise than AWS.

It lacks: the services' own condition keys, grants of KMS keys, Deny with NotPrincipal, a trust policy that names a user
of the same account (enough on AWS without an identity policy), MFA in AssumeRole, and keys named by alias.
"""

import json
from typing import Any

from keystead_sandbox.local_aws.identity import context as contexts
from keystead_sandbox.local_aws.identity import mfa, requests
from keystead_sandbox.local_aws.kms import grants
from keystead_sandbox.local_aws.patches import ministack

TRUST_ACTIONS = frozenset({"sts:AssumeRole", "sts:TagSession"})


def install() -> None:
    """Put the corrections around ministack's evaluator."""
    evaluator = ministack.module("core.iam_evaluator")
    ministack.wrap(evaluator, "enforce", _with_context)
    ministack.wrap(evaluator, "evaluate_resource_policy", _with_not_principal)
    ministack.wrap(evaluator, "combine_resource_policy", _with_grants)
    ministack.wrap(evaluator, "evaluate_trust_policy", _trusting)
    actions = ministack.module("core.iam_actions")
    ministack.wrap(actions, "extract_resource_arn", _key_behind_alias)
    ministack.wrap(actions, "extract_iam_action", _source_of_re_encryption)


def _with_context(known: Any) -> Any:
    def enforce(
        access_key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        context = {**(service_context or {}), **contexts.of(service, resource_arn)}
        denied = known(access_key, action, service, region, resource_arn=resource_arn, service_context=context)
        if action in TRUST_ACTIONS and getattr(denied, "decision", "") == "ImplicitDeny" and _named(resource_arn):
            return None
        return denied

    return enforce


def _named(role_arn: str) -> bool:
    """Whether the role's trust policy names the caller itself, not only its account."""
    principal = requests.principal()
    if principal is None or role_arn.split(":")[4:5] != [principal.account]:
        return False
    evaluator = ministack.module("core.iam_evaluator")
    roles = ministack.original(ministack.module("services.iam"), "_roles")
    role = roles.get_scoped(principal.account, None, role_arn.rpartition("/")[2])
    document = _document((role or {}).get("AssumeRolePolicyDocument"))
    return any(
        statement.get("Effect") == "Allow" and evaluator._names_caller(statement.get("Principal", {}), principal.arn)
        for statement in _statements(document)
    )


def _with_not_principal(known: Any) -> Any:
    """A Deny with NotPrincipal hits everybody it does not name; an Allow with it, which AWS refuses, hits nobody."""
    evaluator = ministack.module("core.iam_evaluator")

    def evaluate(document: Any, context: Any, *rest: Any, **options: Any) -> Any:
        document = _document(document)
        statements = []
        for statement in _statements(document):
            if "NotPrincipal" not in statement:
                statements.append(statement)
            elif statement.get("Effect") == "Deny":
                spared = evaluator._principal_matches(statement["NotPrincipal"], context.principal_arn)
                if not spared:
                    everybody = {name: value for name, value in statement.items() if name != "NotPrincipal"}
                    statements.append({**everybody, "Principal": "*"})
        return known({**document, "Statement": statements}, context, *rest, **options)

    return evaluate


def _with_grants(known: Any) -> Any:
    def combine(identity: Any, context: Any, policy: Any, *rest: Any, **options: Any) -> Any:
        result = known(identity, context, policy, *rest, **options)
        if result.decision == "ImplicitDeny" and grants.allow(context):
            evaluator = ministack.module("core.iam_evaluator")
            return evaluator.EvalResult("Allow", context.principal_arn, "", "Allowed by a grant")
        return result

    return combine


def _trusting(known: Any) -> Any:
    def evaluate(trust: Any, caller_arn: str, context: Any = None) -> bool:
        if context is not None:
            if context.principal_type == "Root":
                return False
            context.principal_keys = {**context.principal_keys, **mfa.of_request()}
        trusted: bool = known(trust, caller_arn, context)
        return trusted

    return evaluate


def _key_behind_alias(known: Any) -> Any:
    """AWS evaluates a KMS request on the key's ARN, whether it was named by id, alias or its ciphertext."""

    def extract(service: str, *rest: Any) -> Any:
        arn = known(service, *rest)
        if service != "kms":
            return arn
        request = requests.current()
        fields = request.fields if request else {}
        named = fields.get("KeyId") or fields.get("TargetKeyId") or fields.get("SourceKeyId")
        named = named or grants.key_of_ciphertext(fields.get("CiphertextBlob"))
        record = ministack.module("services.kms")._resolve_key(named) if named else None
        return record["Arn"] if record else arn

    return extract


def _source_of_re_encryption(known: Any) -> Any:
    """ReEncrypt is two permissions; the one on the source key is checked here, the other by the operation."""

    def extract(*arguments: Any) -> Any:
        action = known(*arguments)
        return "kms:ReEncryptFrom" if action == "kms:ReEncrypt" else action

    return extract


def _document(policy: Any) -> dict[str, Any]:
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except ValueError:
            policy = {}
    return policy if isinstance(policy, dict) else {}


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    listed = found if isinstance(found, list) else [found]
    return [statement for statement in listed if isinstance(statement, dict)]
