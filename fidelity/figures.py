"""How many resources of a stack an official provider takes, and the table of all stacks."""

from collections.abc import Iterable
from dataclasses import dataclass, field

HEADINGS = ("stack", "provider", "resources", "valid", "applied", "stable")


@dataclass(kw_only=True)
class Figures:
    """One stack with one official provider, as far as it got."""

    stack: str
    provider: str
    resources: int = 0
    valid: int = 0
    """Those whose arguments the provider takes."""
    applied: int = 0
    """Those that it made in a fresh cloud."""
    stable: int = 0
    """Those that it would leave as they are in a second run."""
    problems: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all resources are valid, applied and stable."""
        return not self.problems and 0 < self.resources == self.valid == self.applied == self.stable

    def cells(self) -> tuple[str, ...]:
        """What the table shows."""
        counted = (self.resources, self.valid, self.applied, self.stable)
        return (self.stack, self.provider, *(str(one) for one in counted))


def table(rows: Iterable[Figures]) -> str:
    """The figures in Markdown, as the README shows them."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
