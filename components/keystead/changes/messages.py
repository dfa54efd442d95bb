"""What people are told of a change that is refused: the field, what it was and is, why not, and what to do instead."""

from keystead.model.errors import Problem
from keystead.spec.stackfile import CONFIG_KEY

NOTHING_CHANGED = "nothing was changed"


def refused(place: str, was: str, wanted: str, advice: str) -> Problem:
    """One refused change of a field."""
    return Problem(
        f"{CONFIG_KEY}.{place}",
        f"is {wanted} and was {was} when this was created, which cannot be changed; {NOTHING_CHANGED}. {advice}",
    )


def another_place(place: str, was: str, wanted: str) -> Problem:
    """The whole environment would be made again elsewhere."""
    return refused(
        place,
        was,
        wanted,
        "Put it back and make an environment of another name there, beside this one; or run `pulumi destroy` first, "
        "which ends every value of this one",
    )
