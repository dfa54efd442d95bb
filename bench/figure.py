"""A measured figure beside its target."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured, and how it compares with what is promised."""

    name: str
    value: float
    target: float
    unit: str

    @property
    def ratio(self) -> float:
        """Return value over target: at most 1 keeps the promise."""
        return self.value / self.target

    def document(self) -> dict[str, str | float]:
        """Return the figure for programs."""
        return {
            "name": self.name,
            "value": round(self.value, 2),
            "target": self.target,
            "unit": self.unit,
            "ratio": round(self.ratio, 2),
        }
