"""Principals in the spec: lists that accept those of every cloud, each checked for its cloud and its environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from keystead.model.aws import principals as aws
from keystead.model.clouds import CLOUDS, TITLES, Cloud
from keystead.model.gcp import principals as gcp
from keystead.model.principals import recognised
from keystead.spec.context import Home, SpecContext, context_of

Check = Callable[[str, Home | None], object]
"""Refuses a principal with a ValueError; without the account or project where that is not known."""


@dataclass(frozen=True)
class _Rules:
    """What principals one cloud accepts."""

    form: str
    """What a principal has to be, to end a sentence with."""
    own: Check
    """Refuses all but one principal of the environment's own account or project."""
    trusted: Check
    """Refuses what cannot take a role."""
    second_factor: Check
    """Refuses who cannot show a second factor."""


def check_own_arn(value: str, info: ValidationInfo) -> str:
    """Accept one role, user or root of the environment's own AWS account."""
    context = context_of(info)
    _own_arn(value, None if context is None else context.homes["aws"])
    return value


def _own_arn(value: str, home: Home | None) -> None:
    account = aws.account_of(aws.check_principal(value))
    if home is not None and home.name is not None and account != home.name:
        raise ValueError(f"must belong to the environment's own account {home.name}; nothing crosses environments")


def _member(value: str, home: Home | None) -> None:
    problem = gcp.form_problem(value)
    if problem is None and home is not None:
        problem = gcp.foreign(value, home.name, home.number)
    if problem is not None:
        raise ValueError(problem)


def _person(value: str, home: Home | None) -> None:
    _member(value, home)
    if not gcp.people([value]):
        raise ValueError(
            "must be a person or a group, such as group:oncall@example.com: break-glass requires a second factor at "
            "sign-in, which workloads do not have"
        )


_RULES: Mapping[Cloud, _Rules] = {
    "aws": _Rules(
        aws.RULE,
        own=_own_arn,
        trusted=lambda value, _: aws.check_trusted(value),
        second_factor=lambda value, _: aws.check_second_factor(value),
    ),
    "gcp": _Rules(gcp.RULE, own=_member, trusted=_member, second_factor=_person),
}


def _check(value: str, info: ValidationInfo, chosen: Callable[[_Rules], Check]) -> Cloud:
    """Check a principal for the cloud whose form it has; without any form, for the environment's first cloud."""
    context = context_of(info)
    clouds = CLOUDS if context is None else context.clouds
    meant = recognised(value)
    cloud = meant or clouds[0]
    try:
        chosen(_RULES[cloud])(value, None if context is None else context.homes[cloud])
    except ValueError as error:
        others = [_RULES[other].form for other in clouds if other != cloud]
        if meant is not None or context is None or not others:
            raise
        raise ValueError(f"{error}, or {', or '.join(others)}") from None
    _check_cloud(cloud, context)
    return cloud


def _check_cloud(cloud: Cloud, context: SpecContext | None) -> None:
    if context is not None and cloud not in context.clouds:
        raise ValueError(f"belongs to {TITLES[cloud]}, where the environment does not live; remove it")


def _own(value: str, info: ValidationInfo) -> str:
    """Accept one principal of the environment's own account or project, on a cloud of the key."""
    cloud = _check(value, info, lambda rules: rules.own)
    clouds = info.data.get("clouds")
    if clouds is not None and cloud not in clouds:
        raise ValueError(f"belongs to {TITLES[cloud]}, and the key is not there; remove it or extend `clouds`")
    return value


def _trusted(value: str, info: ValidationInfo) -> str:
    """Accept one principal that may take a role: also services of AWS, and members of the project on GCP."""
    _check(value, info, lambda rules: rules.trusted)
    return value


def _second_factor(value: str, info: ValidationInfo) -> str:
    """Accept one person, who can show a second factor."""
    _check(value, info, lambda rules: rules.second_factor)
    return value


OwnPrincipal = Annotated[str, AfterValidator(_own)]
"""One role, user or root of the environment's own account, or a member of GCP."""
Trusted = Annotated[str, AfterValidator(_trusted)]
"""One role, user or root, an AWS service such as ecs-tasks.amazonaws.com, or a member of GCP."""
SecondFactor = Annotated[str, AfterValidator(_second_factor)]
"""One user or root on AWS, one person or group on GCP."""
