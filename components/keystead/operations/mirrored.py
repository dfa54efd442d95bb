"""The state of what lives on several clouds as a whole: a mirrored secret has a leader, and followers of its values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from keystead.model.clouds import Cloud
from keystead.operations.assessment import Assessment, State, assess_secret
from keystead.operations.inventory import ObservedSecret
from keystead.spec.secrets import SecretSpec

CATCH_UP = timedelta(hours=2)
"""The rotator's sweep brings a follower that lacks the current value up to it, hourly: after this it should have."""
SOUND = (State.CURRENT, State.OVERLAP)


def assess_follower(
    spec: SecretSpec, leader: ObservedSecret | None, seen: ObservedSecret | None, now: datetime
) -> Assessment:
    """Compare a follower with its leader: by the names of the versions, never by a value."""
    if seen is None or seen.deletion is not None:
        return assess_secret(spec, seen, now)
    last = seen.current_since
    until = last + spec.rotation.overlap if last and seen.previous else None
    if not seen.readable:
        state, text = State.DISABLED, "holds its current value back: the version is disabled"
    elif leader is None or leader.current is None:
        state, text = (State.CURRENT, "current") if last else (State.WAITING, "waits for its first value")
    elif last and until and seen.current in (leader.current, leader.pending):
        state, text = State.OVERLAP, f"overlap until {until:%Y-%m-%d}"
    elif last and seen.current in (leader.current, leader.pending):
        state, text = State.CURRENT, "current"
    elif now - max(filter(None, [leader.current_since, seen.created])) <= CATCH_UP:
        state, text = State.WAITING, "waits for the current value"
    else:
        state, text = State.LAGGING, "lags"
    return Assessment(state=state, text=text, last=last, overlap_until=until)


def combined(assessed: Mapping[Cloud, Assessment], clouds: Sequence[Cloud]) -> Assessment:
    """Return one assessment of what lives on `clouds` from those that were seen; the leader gives the dates."""
    first, *others = assessed
    leader = assessed[first]
    if all(assessed[cloud].text == leader.text for cloud in others):
        parts = [leader.text]
    else:
        parts = [leader.text if leader.state in SOUND else f"{first} {leader.text}"]
        parts += [f"{cloud} {assessed[cloud].text}" for cloud in others if assessed[cloud].state not in SOUND]
    unseen = [cloud for cloud in clouds if cloud not in assessed]
    missing = f" ({', '.join(unseen)} not seen)" if unseen else ""
    ranked = sorted(assessed.values(), key=lambda item: (not item.state.problem, item.state in SOUND))
    return replace(leader, state=ranked[0].state, text="; ".join(parts) + missing)
