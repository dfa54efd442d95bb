"""Checks of `renamed_from`: the values must still be there, in a store that the rotator of the new name reads."""

from collections.abc import Iterator, Mapping

from keystead.model.clouds import TITLES
from keystead.model.names import suggestion
from keystead.model.section import MisplacedError
from keystead.spec.secrets import SecretSpec


def check_renaming(secrets: Mapping[str, SecretSpec]) -> None:
    """Raise MisplacedError for each `renamed_from` that cannot move a value."""
    problems = []
    taken: dict[str, str] = {}
    for name, secret in secrets.items():
        old = secret.renamed_from
        if old is not None:
            problems += [((name, "renamed_from"), old, text) for text in _problems(name, secret, old, secrets, taken)]
            taken.setdefault(old, name)
    if problems:
        raise MisplacedError(problems)


def _problems(
    name: str, secret: SecretSpec, old: str, secrets: Mapping[str, SecretSpec], taken: Mapping[str, str]
) -> Iterator[str]:
    """Yield what is wrong with one secret that takes over the values of another."""
    source = secrets.get(old)
    if source is None or old == name:
        others = [other for other in secrets if other != name]
        yield (
            "must be the name of another secret of the spec, which stays there until its values have moved"
            f"{suggestion(old, others)}; where they have, remove this line"
        )
        return
    if source.renamed_from is not None:
        yield "it takes over values itself; rename it once they have moved and its own renamed_from is removed"
    if old in taken:
        yield f"{taken[old]} takes over its values already; one secret can be renamed to one other"
    if source.rotation.rotator != secret.rotation.rotator:
        yield (
            f"its rotator is {source.rotation.rotator} and that of this secret {secret.rotation.rotator}; use the same "
            "one, and change it once the values have moved"
        )
    if secret.clouds[0] not in source.clouds:
        leader = TITLES[secret.clouds[0]]
        yield f"it is not on {leader}, where the values of this secret are made; give both the same clouds"
