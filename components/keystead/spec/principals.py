"""Principals in the spec: lists that take both clouds' kinds, each checked for its cloud and for whose it is."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from keystead.model.clouds import TITLES
from keystead.model.gcp import principals as members
from keystead.model.principals import account_of, check_principal, check_second_factor, check_trusted, cloud_of
from keystead.spec.context import SpecContext, context_of


def _own(value: str, info: ValidationInfo) -> str:
    """Accept one principal of the environment's own account or project that the key's clouds know."""
    context = context_of(info)
    if _is_gcp(value, context):
        _check_member(value, context)
    else:
        _check_arn(value, context, lambda arn: check_own_arn(arn, info))
    _check_cloud(value, context)
    clouds = info.data.get("clouds")
    if clouds is not None and cloud_of(value) not in clouds:
        raise ValueError(
            f"belongs to {TITLES[cloud_of(value)]}, and the key is not there; remove it or extend `clouds`"
        )
    return value


def _trusted(value: str, info: ValidationInfo) -> str:
    """Accept one principal that may take a role: on AWS services as well, on GCP members of the own project."""
    context = context_of(info)
    if _is_gcp(value, context):
        _check_member(value, context)
    else:
        _check_arn(value, context, check_trusted)
    _check_cloud(value, context)
    return value


def _second_factor(value: str, info: ValidationInfo) -> str:
    """Accept one person, who can show a second factor."""
    context = context_of(info)
    if _is_gcp(value, context):
        _check_member(value, context)
        if not members.people([value]):
            raise ValueError(
                "must be a person or a group, such as group:oncall@example.com: break-glass is for people, whose "
                "sign-in asks for a second factor, and workloads have none"
            )
    else:
        _check_arn(value, context, check_second_factor)
    _check_cloud(value, context)
    return value


OwnPrincipal = Annotated[str, AfterValidator(_own)]
"""One role, user or root of the environment's own account, or a member of GCP."""
Trusted = Annotated[str, AfterValidator(_trusted)]
"""One role, user or root, an AWS service such as ecs-tasks.amazonaws.com, or a member of GCP."""
SecondFactor = Annotated[str, AfterValidator(_second_factor)]
"""One user or root on AWS, one person or group on GCP."""


def check_own_arn(value: str, info: ValidationInfo) -> str:
    """Accept one role, user or root of the environment's own AWS account."""
    context = context_of(info)
    account = account_of(check_principal(value))
    if context is not None and context.account is not None and account != context.account:
        raise ValueError(
            f"must belong to the environment's own account {context.account}; nothing crosses environments"
        )
    return value


def _is_gcp(value: str, context: SpecContext | None) -> bool:
    """Return whether a text has to be judged as a member of GCP: it looks like one, or the environment has no AWS."""
    return members.is_member(value) or (
        context is not None and context.clouds == ("gcp",) and account_of(value) is None
    )


def _check_arn(value: str, context: SpecContext | None, check: Callable[[str], str]) -> None:
    """Check for AWS; what is no ARN at all could have been meant for either cloud, where the environment is on both."""
    try:
        check(value)
    except ValueError as error:
        if context is None or "gcp" not in context.clouds or value.startswith("arn:"):
            raise
        raise ValueError(f"{error}, or {members.RULE}") from None


def _check_member(value: str, context: SpecContext | None) -> None:
    problem = members.form_problem(value)
    if problem is None and context is not None:
        problem = members.foreign(value, context.project, context.number)
    if problem is not None:
        raise ValueError(problem)


def _check_cloud(value: str, context: SpecContext | None) -> None:
    """Refuse a principal of a cloud that the environment does not live on."""
    cloud = cloud_of(value)
    if context is not None and cloud not in context.clouds:
        raise ValueError(f"belongs to {TITLES[cloud]}, where the environment does not live; remove it")
