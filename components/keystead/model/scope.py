"""What both clouds' names and labels are made of. Every name carries the environment, so that nothing crosses."""

from dataclasses import dataclass

from keystead.model.tiers import Tier


@dataclass(frozen=True, kw_only=True)
class Scope:
    """An environment as its parts on one cloud know it; each cloud has its own, with the names it takes there."""

    environment: str
    """Name of the environment, which is the name of its stack."""
    tier: Tier
    """Sensitivity tier of the environment."""
    owners: tuple[str, ...]
    """Teams that answer for the environment, the first one first."""
    shared: bool = False
    """Whether other environments live in the same account or project, so that names and policies alone keep them
    apart."""

    @property
    def prefix(self) -> str:
        """What names with hyphens begin with."""
        return f"{self.environment}-"
