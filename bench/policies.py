"""What the policy pack costs: a preview of 1,000 resources with it and without, as typed resources and as raw ones."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from bench.policy_cost import PROGRAMS, cost


def policies() -> Iterator[Figure]:
    """Preview each program under the real engine, over a provider that makes nothing."""
    memory = 0.0
    for kind, program in PROGRAMS.items():
        with tempfile.TemporaryDirectory(prefix="keystead-bench-") as place:
            found = cost(Path(place), program)
        yield Figure(f"policies: preview, {kind} resources", found.ratio, 1.4, "times")
        memory = max(memory, found.pack_mb)
    yield Figure("policies: memory of the pack", memory, 300, "MB")
