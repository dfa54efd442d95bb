"""Expiry times of secrets that have passed: only the time of day tells, so a spec can be loaded with them."""

from collections.abc import Iterator
from datetime import datetime

from keystead.model.errors import Problem, SpecError
from keystead.model.timestamp import format_timestamp
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.stackfile import CONFIG_KEY


def expired(spec: EnvironmentSpec, now: datetime) -> Iterator[Problem]:
    """Yield each secret whose expiry has passed."""
    for name, secret in sorted(spec.secrets.items()):
        if secret.expires is not None and secret.expires <= now:
            yield Problem(
                f"{CONFIG_KEY}.secrets.{name}.expires",
                f"is {format_timestamp(secret.expires)}, which has passed: GCP makes no secret that has expired, and "
                "has deleted one that was there; set a later time, or remove the secret",
                f"stacks/Pulumi.{spec.environment}.yaml",
            )


def check_expiry(spec: EnvironmentSpec, now: datetime) -> None:
    """Raise SpecError where a secret has expired."""
    if problems := list(expired(spec, now)):
        raise SpecError(spec.environment, problems)
