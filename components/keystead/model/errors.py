"""The exceptions of Keystead. A message names the place, the value, what is allowed and the fix; never a secret."""

from collections.abc import Sequence
from dataclasses import dataclass


class KeysteadError(Exception):
    """Anything that Keystead refuses or could not do; its text is meant for people."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a spec: the place in the stack file and one sentence on what is allowed and how to fix it."""

    path: str
    """Dotted path from the config key down, as in `keystead:environment.secrets.orders-db.key`."""
    text: str
    """Value found (where it cannot be a secret), what is allowed, how to fix it."""
    origin: str = ""
    """File, and line where known, that the value came from: `stacks/Pulumi.prod.yaml:14`."""

    def __str__(self) -> str:
        """Return the one line a person reads."""
        return f"{self.origin}: {self.path}: {self.text}" if self.origin else f"{self.path}: {self.text}"


class SpecError(KeysteadError):
    """The spec of an environment is wrong; carries every problem at once, in the order of their paths."""

    def __init__(self, environment: str, problems: Sequence[Problem]) -> None:
        self.environment = environment
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join([f"environment {environment}: {count}", *(f"  {item}" for item in self.problems)]))


class RestrictionError(KeysteadError):
    """A backend cannot enforce a clause of a restriction; names the clause, the backend and those that can."""


class ArchiveError(KeysteadError):
    """The code that runs in the cloud could not be put into its archive."""


class MissingPackageError(KeysteadError):
    """A command needs a package that is not installed; says how to install it."""


class CloudError(KeysteadError):
    """A cloud refused a call, or its answer was not the documented one."""
