"""What a key or secret that lives on two clouds is like as a whole; AWS leads every rotation and GCP follows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from keystead.model.clouds import Cloud
from keystead.operations.assessment import Judgement, State, judge_secret
from keystead.operations.inventory import ObservedSecret
from keystead.spec.secrets import SecretSpec

LEADER: Cloud = "aws"
FOLLOWER: Cloud = "gcp"
CATCH_UP = timedelta(hours=2)
"""The rotator's sweep brings a follower that lacks the current value up to it, hourly: after this it had its turn."""
SOUND = (State.CURRENT, State.OVERLAP)


def judge_follower(
    spec: SecretSpec, leader: ObservedSecret | None, seen: ObservedSecret | None, now: datetime
) -> Judgement:
    """Compare the following store with the leading one: by the names of the versions, never by a value."""
    if seen is None or seen.deletion is not None:
        return judge_secret(spec, seen, now)
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
    return Judgement(state=state, text=text, last=last, overlap_until=until)


def combined(judged: Mapping[Cloud, Judgement], clouds: Sequence[Cloud]) -> Judgement:
    """Return one judgement of what lives on `clouds` from those that were seen; the leading one gives the dates."""
    first, *others = judged
    leader = judged[first]
    if all(judged[cloud].text == leader.text for cloud in others):
        parts = [leader.text]
    else:
        parts = [leader.text if leader.state in SOUND else f"{first} {leader.text}"]
        parts += [f"{cloud} {judged[cloud].text}" for cloud in others if judged[cloud].state not in SOUND]
    unseen = [cloud for cloud in clouds if cloud not in judged]
    missing = f" ({', '.join(unseen)} not seen)" if unseen else ""
    ranked = sorted(judged.values(), key=lambda item: (not item.state.problem, item.state in SOUND))
    return replace(leader, state=ranked[0].state, text="; ".join(parts) + missing)
