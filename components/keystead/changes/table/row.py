"""One row of the change matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from keystead.model.clouds import CLOUDS, Cloud


class Effect(StrEnum):
    """What a change of a field does to what is deployed; EFFECTS says what each means."""

    IN_PLACE = "in place"
    IN_STEPS = "in steps"
    KEPT = "kept"
    AGAIN = "made again"
    REFUSED = "refused"
    NOTHING = "nothing"


EFFECTS: Mapping[Effect, str] = {
    Effect.IN_PLACE: "what is there is changed and stays",
    Effect.IN_STEPS: "a later rotation completes it; until then what is there goes on as before",
    Effect.KEPT: "the cloud keeps what the key was created with; the new setting counts for keys made later",
    Effect.AGAIN: "something that holds neither keys nor values is deleted and made again",
    Effect.REFUSED: "preview and `up` refuse it before anything is touched, and say what to do instead",
    Effect.NOTHING: "nothing on this cloud follows from the field",
}


@dataclass(frozen=True)
class Change:
    """A field, the clouds it is changed on, and what happens there."""

    field: str
    """Path below the spec, with `*` for each name."""
    clouds: tuple[Cloud, ...]
    effect: Effect
    what: str
    """What happens, in a sentence; empty where the effect says it all."""
    lost: str = "nothing"
    """What is lost, for how long."""
    case: str = ""
    """Which changes of the field are meant; empty for all."""


def on_aws(field: str, effect: Effect, what: str = "", lost: str = "nothing", *, case: str = "") -> Change:
    """A row for AWS."""
    return Change(field, ("aws",), effect, what, lost, case)


def on_gcp(field: str, effect: Effect, what: str = "", lost: str = "nothing", *, case: str = "") -> Change:
    """A row for GCP."""
    return Change(field, ("gcp",), effect, what, lost, case)


def on_both(field: str, effect: Effect, what: str = "", lost: str = "nothing", *, case: str = "") -> Change:
    """A row for both clouds."""
    return Change(field, CLOUDS, effect, what, lost, case)
