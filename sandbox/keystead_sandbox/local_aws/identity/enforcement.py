"""How ministack decides on a request, corrected where it decides otherwise than AWS.

It lacks: the services' own condition keys, grants of KMS keys, Deny with NotPrincipal, a trust policy that names a user
of the same account (enough on AWS without an identity policy), and keys named by alias.
"""

import json
from typing import Any

from keystead_sandbox.local_aws.identity import requests, resource_policies, roles
from keystead_sandbox.local_aws.identity.context import SERVICES
from keystead_sandbox.local_aws.patches import ministack
from keystead_sandbox.local_aws.protocol.in_process import account_of

TRUST_ACTIONS = frozenset({"sts:AssumeRole", "sts:TagSession"})


def install() -> None:
    """Put the corrections around ministack's evaluator, and accept no access key as the account's root."""
    ministack.replace("core.iam_evaluator", "is_root_access_key", lambda _access_key: False)
    ministack.wrap("core.iam_evaluator", "enforce", _with_services)
    ministack.wrap("core.iam_evaluator", "evaluate_resource_policy", _with_not_principal)
    ministack.wrap("core.iam_actions", "extract_resource_arn", _named_resource)
    ministack.wrap("core.iam_actions", "extract_iam_action", _source_of_re_encryption)


def _with_services(known: Any) -> Any:
    def enforce(
        access_key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        context = dict(service_context or {})
        request, ours = requests.current(), SERVICES.get(service)
        if ours is not None and request is not None:
            context |= ours.keys(request.operation, request.fields, resource_arn)
        others = ours.others(action, request.fields, region) if ours is not None and request is not None else []
        for other in others:
            denied = known(access_key, action, service, region, resource_arn=other, service_context=context)
            if denied:
                return denied
        denied = known(access_key, action, service, region, resource_arn=resource_arn, service_context=context)
        if getattr(denied, "decision", "") != "ImplicitDeny":
            return denied
        if action in TRUST_ACTIONS and _named(resource_arn, denied.principal_arn):
            return None
        lowered = {name.lower(): value for name, value in context.items()}
        granted = ours is not None and ours.grants(action, resource_arn, denied.principal_arn, lowered)
        return None if granted else denied

    return enforce


def _named(role_arn: str, caller_arn: str) -> bool:
    """Whether the role's trust policy names the caller itself, not only its account."""
    account = account_of(caller_arn)
    if account_of(role_arn) != account:
        return False
    role = roles.named(account, role_arn.rpartition("/")[2]) or {}
    itself = {"*", caller_arn, roles.role_of(caller_arn)}
    return any(
        statement.get("Effect") == "Allow" and itself.intersection(resource_policies.named(statement.get("Principal")))
        for statement in _statements(_document(role.get("AssumeRolePolicyDocument")))
    )


def _with_not_principal(known: Any) -> Any:
    """A Deny with NotPrincipal applies to all it does not name; an Allow with it, which AWS refuses, to nobody."""

    def evaluate(document: Any, context: Any, *rest: Any, **options: Any) -> Any:
        document = _document(document)
        statements = []
        for statement in _statements(document):
            if "NotPrincipal" not in statement:
                statements.append(statement)
            elif statement.get("Effect") == "Deny":
                named = {"Effect": "Allow", "Principal": statement["NotPrincipal"], "Action": "*", "Resource": "*"}
                if known({"Statement": [named]}, context, service=options.get("service")).decision != "Allow":
                    everybody = {name: value for name, value in statement.items() if name != "NotPrincipal"}
                    statements.append({**everybody, "Principal": "*"})
        return known({**document, "Statement": statements}, context, *rest, **options)

    return evaluate


def _named_resource(known: Any) -> Any:
    """AWS evaluates a request on the ARN of its resource, whether that was named by id, name, alias or ciphertext."""

    def extract(service: str, *rest: Any) -> Any:
        request, ours = requests.current(), SERVICES.get(service)
        found = ours.resource(request.fields) if ours is not None and request is not None else None
        return found or known(service, *rest)

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
