"""Rows of secrets, their readers and their rotation."""

from keystead.changes.table.row import Change, Effect, on_aws, on_both, on_gcp

_NEXT = "counts from the next rotation; the values that are there stay"

_OWN: tuple[Change, ...] = (
    on_both("secrets.*.purpose", Effect.IN_PLACE),
    on_both("secrets.*.owner", Effect.IN_PLACE, "tag or label"),
    on_aws(
        "secrets.*.key",
        Effect.IN_PLACE,
        "AWS re-encrypts the labelled versions under the new key; replicas are removed and made again",
        "reads in replica regions until the replica is back",
    ),
    on_aws(
        "secrets.*.key",
        Effect.REFUSED,
        "add the key first and run `pulumi up`, which gives readers their right to it, then move the secret",
        case="to a key of the same run",
    ),
    on_both(
        "secrets.*.key",
        Effect.REFUSED,
        "move the secret first, and remove the old key when nothing is under it",
        case="from a key that goes in the same run",
    ),
    on_gcp(
        "secrets.*.key",
        Effect.IN_STEPS,
        "versions stay under the key they were added with, which has to stay until they are retired; the next rotation "
        "adds one under the new key",
    ),
    on_both(
        "secrets.*.renamed_from",
        Effect.IN_STEPS,
        "the rotator takes the current and the previous value over; the old secret stays until it is removed",
    ),
    on_aws(
        "secrets.*.clouds",
        Effect.IN_PLACE,
        "from then on AWS makes the values, the first one at once; the one before is `previous` on GCP for the overlap",
        case="one more",
    ),
    on_gcp(
        "secrets.*.clouds",
        Effect.IN_STEPS,
        "empty there until the next rotation, or `keystead rotate`, brings the value",
        case="one more",
    ),
    on_both("secrets.*.clouds", Effect.REFUSED, "set `protected: false` first", case="one less, protected"),
    on_both(
        "secrets.*.clouds",
        Effect.IN_PLACE,
        "the secret is deleted there: on AWS after its recovery window, on GCP at once",
        "its values there",
        case="one less, not protected",
    ),
    on_aws("secrets.*.replicas", Effect.IN_PLACE, lost="with `false` reads in replica regions"),
    on_gcp(
        "secrets.*.replicas",
        Effect.REFUSED,
        "add a secret of another name, or set `replace: true`",
        "with `replace: true` its values, at once",
    ),
    on_both("secrets.*.recovery_window", Effect.IN_PLACE),
    on_both("secrets.*.protected", Effect.IN_PLACE),
    on_both("secrets.*.replace", Effect.NOTHING, "it allows other changes"),
    on_aws("secrets.*.expires", Effect.NOTHING, "AWS has no such setting"),
    on_gcp("secrets.*.expires", Effect.IN_PLACE, "a time that has passed is refused"),
)

_READERS: tuple[Change, ...] = (
    on_both("secrets.*.readers.*.clouds", Effect.IN_PLACE, lost="with one less, reads there"),
    *(
        change
        for field in ("restriction", "restriction.aws", "restriction.gcp")
        for change in (
            *([on_aws(f"secrets.*.readers.*.{field}", Effect.IN_PLACE)] if not field.endswith("gcp") else []),
            *(
                [on_gcp(f"secrets.*.readers.*.{field}", Effect.IN_PLACE, "a new grant, made before the old one goes")]
                if not field.endswith("aws")
                else []
            ),
        )
    ),
    on_both("secrets.*.readers.*.trust", Effect.IN_PLACE, "open sessions of who is left out go on for an hour at most"),
)

_ROTATION: tuple[Change, ...] = (
    on_both("secrets.*.rotation.rotator", Effect.IN_PLACE, _NEXT),
    *(
        on_both(f"secrets.*.rotation.{field}", Effect.IN_PLACE, "no rotation follows from the change itself")
        for field in ("every", "at", "zone", "window")
    ),
    on_both("secrets.*.rotation.overlap", Effect.IN_PLACE, "counts for the previous value that is there as well"),
    *(
        on_both(f"secrets.*.rotation.{field}", Effect.IN_PLACE, _NEXT)
        for field in ("shape.alphabet", "shape.length", "shape.prefix", "code", "strategy", "settings")
    ),
    on_aws("secrets.*.rotation.service_account", Effect.NOTHING, "works on GCP only"),
    on_gcp("secrets.*.rotation.service_account", Effect.IN_PLACE, _NEXT),
)

ROWS = (*_OWN, *_READERS, *_ROTATION)
