"""Moves the time of every cloud of the sandbox, and tells what happened on the way."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.control import Control
from sandbox.environments import declared
from sandbox.errors import SandboxError, UsageError
from sandbox.place import Place
from sandbox.progress import Board
from sandbox.registry import Cloud, Registry

UNITS = {"d": 86_400, "h": 3_600, "m": 60}
LONGEST_DAYS = 3_650


def seconds(text: str) -> int:
    """Read `90d`, `12h` or `30m`."""
    found = re.fullmatch(r"(\d+)([dhm])", text)
    if not found or not 0 < (length := int(found[1]) * UNITS[found[2]]) <= LONGEST_DAYS * UNITS["d"]:
        raise UsageError(f"{text!r} is not a stretch of time", f"write 90d, 12h or 30m, at most {LONGEST_DAYS}d")
    return length


def advance(place: Place, length: int) -> dict[str, list[dict[str, Any]]]:
    """Return each environment's events in the order of their time."""
    clouds = Registry.load(place.registry).clouds
    dead = sorted(name for name, cloud in clouds.items() if not cloud.process.alive())
    if dead or not clouds:
        raise SandboxError(f"no cloud runs for {', '.join(dead) or 'any environment'}", "run `make up` first")
    by_account: dict[str, list[str]] = {}
    for name, cloud in clouds.items():
        by_account.setdefault(cloud.account, []).append(name)
    start = int(place.clock.read_text().strip() or 0)
    colours = {name: environment.colour for name, environment in declared(place.stacks).items()}

    with Board() as board:

        def one(names: list[str]) -> list[dict[str, Any]]:
            return _advance_account(Control(place), clouds[names[0]], names[0], start, length, board)

        for names in by_account.values():
            board.add(names[0], colours.get(names[0], "cyan"))
        with ThreadPoolExecutor(max_workers=len(by_account)) as pool:
            answers = list(pool.map(one, by_account.values()))
    return {", ".join(names): events for names, events in zip(by_account.values(), answers, strict=True)}


def _advance_account(
    control: Control, cloud: Cloud, name: str, start: int, length: int, board: Board
) -> list[dict[str, Any]]:
    days = length // UNITS["d"]
    events = []
    for line in control.advance(cloud, start + length):
        if "done" in line:
            continue
        events.append(line)
        board.show(name, (line["offset"] - start) // UNITS["d"], days, "days")
    board.show(name, days, days, "days")
    board.finish(name, f"{len(events)} events")
    return events


def summary(events: list[dict[str, Any]]) -> list[str]:
    """One line per thing that happened, however often it did, with its last result."""
    times = Counter((event["kind"], event["name"]) for event in events)
    last = {(event["kind"], event["name"]): event for event in events}
    return [
        f"{last[key]['at'][:16].replace('T', ' ')}  {key[0]} {key[1]}: {last[key]['result']}"
        + (f" ({count} times)" if count > 1 else "")
        for key, count in times.items()
    ]
