"""Rows of keys."""

from keystead.changes.table.row import Change, Effect, on_aws, on_both, on_gcp

_REPLACED = "with `replace: true` what the old key encrypted or signed, when its deletion window ends"

ROWS: tuple[Change, ...] = (
    on_aws("keys.*.use", Effect.REFUSED, "add a key of another name, or set `replace: true`", _REPLACED),
    on_gcp("keys.*.use", Effect.REFUSED, "add a key of another name: GCP never frees the name of a key"),
    on_both("keys.*.clouds", Effect.IN_PLACE, "a key of its own there", case="one more"),
    on_both("keys.*.clouds", Effect.REFUSED, "set `protected: false` first", case="one less, protected"),
    on_both(
        "keys.*.clouds",
        Effect.IN_PLACE,
        "the key is deleted after its deletion window; on GCP its versions cannot be used from then on",
        "what it encrypted or signed there",
        case="one less, not protected",
    ),
    on_aws("keys.*.purpose", Effect.IN_PLACE),
    on_gcp("keys.*.purpose", Effect.NOTHING, "a crypto key has no description"),
    on_both("keys.*.rotation", Effect.IN_PLACE, "counts from the change"),
    on_aws("keys.*.deletion_window", Effect.IN_PLACE),
    on_gcp("keys.*.deletion_window", Effect.KEPT, "GCP fixes it when a key is created"),
    on_both("keys.*.protected", Effect.IN_PLACE),
    on_aws("keys.*.hsm", Effect.NOTHING, "every key is in hardware"),
    on_gcp("keys.*.hsm", Effect.REFUSED, "put it back to keep the key; a key of another name gets the new level"),
    on_both("keys.*.replace", Effect.NOTHING, "it allows other changes"),
    on_aws(
        "keys.*.replicas",
        Effect.REFUSED,
        "KMS cannot make a single-Region key multi-Region: add a key of another name, or set `replace: true`",
        _REPLACED,
        case="the first one",
    ),
    on_aws("keys.*.replicas", Effect.IN_PLACE, case="a further one"),
    on_aws(
        "keys.*.replicas",
        Effect.IN_PLACE,
        "refused where the key is protected; the key stays a multi-Region key",
        "use of the key there",
        case="one less",
    ),
    on_gcp("keys.*.replicas", Effect.IN_PLACE, "a key of its own there", case="one more"),
    on_gcp(
        "keys.*.replicas",
        Effect.IN_PLACE,
        "refused where the key is protected",
        "what that key encrypted",
        case="one less",
    ),
    on_both("keys.*.users", Effect.IN_PLACE),
    on_both("keys.*.administrators", Effect.IN_PLACE),
    *(
        change
        for field in ("principal", "operations")
        for change in (
            on_aws(f"keys.*.grants.*.{field}", Effect.IN_PLACE, "a new grant, made before the old one goes"),
            on_gcp(f"keys.*.grants.*.{field}", Effect.NOTHING, "grants exist in AWS KMS only"),
        )
    ),
)
