"""Readers in the spec: who reads a secret, from where, and who may take the reader's role."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from keystead.model.clouds import CLOUDS, TITLES, Cloud, Clouds
from keystead.model.names import suggestion
from keystead.model.principals import cloud_of
from keystead.model.section import MisplacedError, Section
from keystead.restrictions.backends import Backend, unenforced
from keystead.restrictions.restriction import Restriction
from keystead.spec.context import context_of
from keystead.spec.principals import Trusted

Below = tuple[tuple[str | int, ...], Any, str]
"""A problem of a part: its place below the whole, what was found there, the rule."""

_BACKENDS: Mapping[Cloud, Backend] = {"aws": "aws-secret-policy", "gcp": "gcp-iam-condition"}
"""What enforces a reader's restriction on each cloud."""


class RestrictionPerCloud(Section):
    """Names of restrictions, one for each cloud, where no single restriction can be enforced on every cloud."""

    aws: str | None = None
    """Name of the restriction on AWS; none by default."""
    gcp: str | None = None
    """Name of the restriction on GCP; none by default."""


class ReaderSpec(Section):
    """A workload that reads a secret, through the environment's role for that workload."""

    clouds: Clouds | None = None
    """Clouds the workload reads a mirrored secret on; by default all clouds of the secret."""
    restriction: (
        Annotated[
            Annotated[str, Tag("[name]")] | Annotated[RestrictionPerCloud, Tag("[clouds]")],
            Discriminator(lambda value: "[clouds]" if isinstance(value, dict | RestrictionPerCloud) else "[name]"),
        ]
        | None
    ) = None
    """Name of the restriction the reader is under, or one name per cloud, {aws: mesh, gcp: hours}; none by default."""
    trust: list[Trusted] = Field(default_factory=list)
    """Who may take the reader's role: ARNs, services such as ecs-tasks.amazonaws.com, members of GCP; without an entry
    for a cloud, everyone whom the IAM policies of the account or project allow there."""

    def restriction_on(self, cloud: Cloud) -> str | None:
        """Return the name of the restriction the reader is under on a cloud, or None."""
        if isinstance(self.restriction, RestrictionPerCloud):
            name: str | None = getattr(self.restriction, cloud)
            return name
        return self.restriction

    @field_validator("restriction")
    @classmethod
    def _known(cls, value: str | RestrictionPerCloud | None, info: ValidationInfo) -> str | RestrictionPerCloud | None:
        context = context_of(info)
        given = {(): value} if isinstance(value, str) else {(cloud,): name for cloud, name in _names(value)}
        problems = [
            (below, name, reference("restriction", name, context.restrictions))
            for below, name in given.items()
            if context is not None and name not in context.restrictions
        ]
        if problems:
            raise MisplacedError(problems)
        return value

    def on(self, cloud: Cloud) -> bool:
        """Return whether the workload reads on a cloud, if the secret is there."""
        return self.clouds is None or cloud in self.clouds

    def problems(self, clouds: Sequence[Cloud], restrictions: Mapping[str, Restriction | None]) -> Iterator[Below]:
        """Yield what is wrong with the reader of a secret that lives on these clouds, place by place."""
        for cloud in self.clouds or ():
            if cloud not in clouds:
                yield ("clouds",), cloud, f"the secret is not on {TITLES[cloud]}; remove it here"
        clouds = [cloud for cloud in clouds if self.on(cloud)]
        for number, principal in enumerate(self.trust):
            if cloud_of(principal) not in clouds:
                text = f"belongs to {TITLES[cloud_of(principal)]}, and the secret is not read there; remove it"
                yield ("trust", number), principal, text
        for cloud, name in _names(self.restriction):
            place = ("restriction", cloud) if isinstance(self.restriction, RestrictionPerCloud) else ("restriction",)
            restriction = restrictions.get(name)
            if cloud in clouds and restriction is not None:
                problems = unenforced(restriction, _BACKENDS[cloud])
                if problems:
                    yield (
                        place,
                        name,
                        f"{'; '.join(problems)}; use another restriction for this reader{self._hint(clouds)}",
                    )
            elif cloud not in clouds and isinstance(self.restriction, RestrictionPerCloud):
                yield place, name, f"the secret is not read on {TITLES[cloud]}; remove it"

    def _hint(self, clouds: Sequence[Cloud]) -> str:
        plain = isinstance(self.restriction, str) and len(clouds) > 1
        return ", or one for each cloud: {aws: ..., gcp: ...}" if plain else ""


def _names(restriction: str | RestrictionPerCloud | None) -> list[tuple[Cloud, str]]:
    """Return the name of the restriction on each cloud that has one."""
    if isinstance(restriction, RestrictionPerCloud):
        given: list[tuple[Cloud, str | None]] = [(cloud, getattr(restriction, cloud)) for cloud in CLOUDS]
        return [(cloud, name) for cloud, name in given if name is not None]
    return [] if restriction is None else [(cloud, restriction) for cloud in CLOUDS]


def reference(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown name: which names there are, and the closest one."""
    names = ", ".join(sorted(known)) or "none yet"
    return f"must be the name of a {kind}; there are {names}{suggestion(name, known)}"
