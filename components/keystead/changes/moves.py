"""Moves of secrets from one key to another: what has to stay until a value is no longer under the old key."""

from collections.abc import Collection, Iterator, Mapping

from keystead.changes.messages import NOTHING_CHANGED
from keystead.model.clouds import TITLES, Cloud
from keystead.model.errors import Problem
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.stackfile import CONFIG_KEY


def problems(spec: EnvironmentSpec, cloud: Cloud, under: Mapping[str, str]) -> Iterator[Problem]:
    """Yield each secret whose old key goes in the run that moves it; `under` is the key of each secret until now."""
    for name, secret in spec.secrets_on(cloud).items():
        old = under.get(name, secret.key)
        if old != secret.key and old not in spec.keys_on(cloud):
            yield Problem(
                f"{CONFIG_KEY}.secrets.{name}.key",
                f"is {secret.key}, while the key {old} that its values are under on {TITLES[cloud]} is no longer "
                f"there; {NOTHING_CHANGED}. Put the key {old} back, run `pulumi up`, and remove it when no value of "
                "the secret is under it any more",
            )


def unready(spec: EnvironmentSpec, cloud: Cloud, under: Mapping[str, str], known: Collection[str]) -> Iterator[Problem]:
    """Yield each secret that moves to a key which the same run makes, where readers need a right of their own to it."""
    for name, secret in spec.secrets_on(cloud).items():
        if under.get(name, secret.key) != secret.key and secret.key not in known:
            yield Problem(
                f"{CONFIG_KEY}.secrets.{name}.key",
                f"is {secret.key}, a key that this run would make on {TITLES[cloud]}: readers could lose the secret "
                f"until their right to it has arrived; {NOTHING_CHANGED}. Put {under[name]} back, run `pulumi up`, "
                "which makes the key and the rights to it, then move the secret",
            )
