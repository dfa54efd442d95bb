"""Moves the time of every cloud of the sandbox, and tells what happened on the way."""

import re
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from keystead_sandbox.common.errors import SandboxError, UsageError
from keystead_sandbox.host.control import Conversation
from keystead_sandbox.host.environments import declared
from keystead_sandbox.host.place import Place
from keystead_sandbox.host.progress import Board
from keystead_sandbox.host.registry import Cloud, Clouds, Registry, process_name

UNITS = {"d": 86_400, "h": 3_600, "m": 60}
LONGEST_DAYS = 3_650

Event = dict[str, Any]


@dataclass(slots=True)
class Group:
    """Clouds that work with each other, by the names of their processes: those of one environment.

    Environments that share an account or a project are one group.
    """

    environments: list[str] = field(default_factory=list)
    clouds: dict[str, Cloud] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stretch:
    """An advance, from one offset of the clock to another."""

    start: int
    until: int


def seconds(text: str) -> int:
    """Read `90d`, `12h` or `30m`."""
    found = re.fullmatch(r"(\d+)([dhm])", text)
    if not found or not 0 < (length := int(found[1]) * UNITS[found[2]]) <= LONGEST_DAYS * UNITS["d"]:
        raise UsageError(f"{text!r} is not a duration", f"write 90d, 12h or 30m, at most {LONGEST_DAYS}d")
    return length


def advance(place: Place, length: int) -> dict[str, list[Event]]:
    """Return each environment's events in the order of their time."""
    environments = Registry.load(place.registry).clouds
    dead = sorted(
        name for name, clouds in environments.items() if not all(one.process.alive() for one in clouds.values())
    )
    if dead or not environments:
        raise SandboxError(f"no cloud runs for {', '.join(dead) or 'any environment'}", "run `make up` first")
    together = groups(environments)
    start = int(place.clock.read_text().strip() or 0)
    colours = {name: environment.colour for name, environment in declared(place.stacks).items()}

    with Board() as board:

        def one(group: Group) -> list[Event]:
            return _advance_group(place, group, Stretch(start, start + length), board)

        for group in together:
            board.add(group.environments[0], colours.get(group.environments[0], "cyan"))
        with ThreadPoolExecutor(max_workers=len(together)) as pool:
            answers = list(pool.map(one, together))
    return {", ".join(group.environments): events for group, events in zip(together, answers, strict=True)}


def on(place: Place, registry: Registry, length: int) -> None:
    """Move every clock by a few seconds, and tell nothing."""
    start = int(place.clock.read_text().strip() or 0)
    for group in groups(registry.clouds):
        with ExitStack() as stack:
            talks = [stack.enter_context(Conversation(place, cloud)) for cloud in group.clouds.values()]
            stack.callback(_release, place, group)
            for _ in _in_order(talks, Stretch(start, start + length)):
                pass


def groups(environments: dict[str, Clouds]) -> list[Group]:
    """Put environments together that share a cloud."""
    found: list[Group] = []
    for name, clouds in environments.items():
        merged = Group([name], {process_name(cloud.home): cloud for cloud in clouds.values()})
        for other in [group for group in found if group.clouds.keys() & merged.clouds.keys()]:
            merged = Group(other.environments + merged.environments, {**other.clouds, **merged.clouds})
            found.remove(other)
        found.append(merged)
    return found


def _advance_group(place: Place, group: Group, stretch: Stretch, board: Board) -> list[Event]:
    name, days = group.environments[0], (stretch.until - stretch.start) // UNITS["d"]
    events = []
    with ExitStack() as stack:
        talks = [stack.enter_context(Conversation(place, cloud)) for cloud in group.clouds.values()]
        stack.callback(_release, place, group)
        for event in _in_order(talks, stretch):
            events.append(event)
            board.show(name, (event["offset"] - stretch.start) // UNITS["d"], days, "days")
    board.show(name, days, days, "days")
    board.finish(name, f"{len(events)} events")
    return events


def _in_order(talks: list[Conversation], stretch: Stretch) -> Iterator[Event]:
    """Go from event to event, in whichever cloud it is; all of them stand at its time before it happens."""
    moment = stretch.start if len(talks) > 1 else stretch.until  # one alone finds its way by itself
    while True:
        for talk in talks if len(talks) > 1 else ():
            list(talk.ask("hold", {"to": moment}))
        following = yield from _at(moment, talks, stretch)
        if moment == stretch.until:
            return
        moment = min([stretch.until, *following])


def _at(moment: int, talks: list[Conversation], stretch: Stretch) -> Generator[Event, None, list[int]]:
    """Run what is due at a moment, and what follows from it in the other clouds; return when they have more to do."""
    following: dict[str, int] = {}
    settled = 0
    for talk in cycle(talks):
        name = process_name(talk.cloud.home)
        for line in talk.ask("advance", {"start": stretch.start, "to": moment, "until": stretch.until}):
            if "done" not in line:
                yield {**line, "cloud": talk.cloud.home.cloud}
                continue
            settled = 1 if line["events"] else settled + 1
            following.pop(name, None)
            if line["next"] is not None:
                following[name] = line["next"]
        if settled == len(talks):
            break
    return list(following.values())


def _release(place: Place, group: Group) -> None:
    """Let the clouds go on by themselves, also where an advance broke off; one that has died needs no release."""
    for cloud in group.clouds.values():
        with suppress(SandboxError), Conversation(place, cloud) as conversation:
            list(conversation.ask("release", {}))


def summary(events: list[Event]) -> list[str]:
    """One line per thing that happened, however often it did, with its last result."""
    times = Counter((event["kind"], event["name"]) for event in events)
    last = {(event["kind"], event["name"]): event for event in events}
    return [
        f"{last[key]['at'][:16].replace('T', ' ')}  {key[0]} {key[1]}: {last[key]['result']}"
        + (f" ({count} times)" if count > 1 else "")
        for key, count in times.items()
    ]
