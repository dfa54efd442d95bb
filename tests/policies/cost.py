"""What the pack costs: a preview of many resources with it and without it.

`python -m tests.policies.cost` prints both times, their ratio and the pack's memory.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tests.policies.programs import HERE, declared, read
from tests.policies.real_engine import Project, project

RESOURCES = 1000
PROC = Path("/proc")
_NEEDS_AN_ID = "gcp:compute/targetHttpProxy:TargetHttpProxy"
"""Right only beside a URL map with an id, which the provider that takes everything does not give."""
PROVIDERS = {
    "aws:allowedAccountIds": ["333333333333"],
    "aws:defaultTags": {"tags": {"keystead:environment": "prod", "keystead:owner": "payments"}},
    "gcp:project": "acme-prod",
    "gcp:defaultLabels": {"keystead-environment": "prod", "keystead-owner": "payments"},
}
"""What the right stacks say on their providers, here for the default ones."""


@dataclass(frozen=True)
class Cost:
    """Seconds of one preview without and with the pack, and the most memory the pack's process had."""

    without: float
    with_pack: float
    pack_mb: float

    @property
    def ratio(self) -> float:
        """How much longer a preview takes with the pack."""
        return self.with_pack / self.without


def resources(count: int = RESOURCES) -> list[dict[str, Any]]:
    """Right stacks of the corpus, over and over, each resource under a name of its own."""
    stacks = [declared(stack["resources"]) for stack in read(HERE / "corpus" / "good.yaml")]
    right = [each for stack in stacks for each in stack if not each.type.startswith("pulumi:") and not each.identity]
    repeated = (each for each in cycle(right) if each.type != _NEEDS_AN_ID)
    return [
        {"type": each.type, "name": f"r{index}", "properties": each.properties, "protect": each.protect}
        for index, each in enumerate(islice(repeated, count))
    ]


def cost(directory: Path, rounds: int = 3) -> Cost:
    """Measure previews of RESOURCES resources, alternating, and take the quickest of each kind."""
    with project(directory) as shop:
        shop.declare(resources())
        shop.configure("prod", {}, PROVIDERS)
        without, with_pack, memory = [], [], 0.0
        for _ in range(rounds):
            without.append(_seconds(shop, pack=False))
            with _watched() as seen:
                with_pack.append(_seconds(shop, pack=True))
            memory = max(memory, seen[0])
    return Cost(min(without), min(with_pack), memory)


def _seconds(shop: Project, *, pack: bool) -> float:
    ran = shop.preview("prod", pack=pack)
    assert ran.code == 0, ran.output
    return ran.seconds


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Watch the memory of pack processes (`-m pulumi.policy`) and keep the most."""
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            most[0] = max([most[0], *(_resident(process) for process in _packs())])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def _packs() -> Iterator[Path]:
    for process in PROC.glob("[0-9]*"):
        try:
            if b"pulumi.policy" in (process / "cmdline").read_bytes():
                yield process
        except OSError:
            continue


def _resident(process: Path) -> float:
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), default=0.0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.monotonic()
        found = cost(Path(scratch))
    told = f"{RESOURCES} resources: {found.without:.1f} s without, {found.with_pack:.1f} s with the pack"
    print(f"{told}, {found.ratio:.2f} times; the pack has {found.pack_mb:.0f} MB", file=sys.stdout)
