"""Rows of the environment itself: its tier, its place, restrictions, roles for people, alerts."""

from keystead.changes.table.row import Change, Effect, on_aws, on_both, on_gcp

_ELSEWHERE = "make an environment of another name there, or `pulumi destroy` this one first, which ends its values"
_GRANTS = "the grants of the readers it binds are made anew, the new ones before the old ones go"

_PLACE: tuple[Change, ...] = (
    on_both("environment", Effect.REFUSED, "the name is part of every other name; make an environment beside this one"),
    on_both("tier", Effect.IN_PLACE, "every default that depends on it changes, see the rows of those fields"),
    on_gcp("tier", Effect.REFUSED, "set `hsm` on the keys that are there; new ones get the tier's", case="hsm differs"),
    on_both("owners", Effect.IN_PLACE, "tags and labels"),
    on_both("colour", Effect.NOTHING, "commands show it"),
    on_both("purpose", Effect.NOTHING),
    on_aws("aws.account", Effect.REFUSED, _ELSEWHERE),
    on_aws("aws.region", Effect.REFUSED, _ELSEWHERE),
    on_aws(
        "aws.replicas",
        Effect.REFUSED,
        "KMS cannot make a single-Region key multi-Region: give the secrets a key of another name, or keep "
        "`replicas: []` on the key and `replicas: false` on its secrets",
        case="the first one",
    ),
    on_aws("aws.replicas", Effect.IN_PLACE, "replicas of keys first, then of secrets", case="a further one"),
    on_aws("aws.replicas", Effect.IN_PLACE, "replicas of secrets first, then of keys", "reads there", case="one less"),
    on_aws("aws.shared", Effect.NOTHING, "`keystead check` asks for it"),
    on_gcp("gcp.project", Effect.REFUSED, _ELSEWHERE),
    on_gcp("gcp.number", Effect.REFUSED, "it is that of the project"),
    on_gcp("gcp.location", Effect.REFUSED, _ELSEWHERE),
    on_gcp("gcp.region", Effect.AGAIN, "the rotator and its sweep", "rotations while it is made"),
    on_gcp(
        "gcp.replicas",
        Effect.REFUSED,
        "GCP never changes the locations of a secret: set `replicas: false` on it to keep it where it is",
        case="secrets with replicas",
    ),
    on_gcp("gcp.replicas", Effect.IN_PLACE, "a key of its own in a new location", case="keys"),
    on_gcp("gcp.key_ring", Effect.REFUSED, "a key stays in its ring"),
    on_gcp("gcp.generation", Effect.REFUSED, "a key stays in its ring; raise it after `pulumi destroy`"),
    on_gcp("gcp.shared", Effect.IN_PLACE, "whether `pulumi destroy` leaves the project's APIs on"),
)

_RESTRICTIONS: tuple[Change, ...] = tuple(
    change
    for field in ("hours.days", "hours.from", "hours.to", "hours.zone", "expires")
    for change in (
        on_aws(f"restrictions.*.{field}", Effect.IN_PLACE, "policies of the readers and secrets it binds"),
        on_gcp(f"restrictions.*.{field}", Effect.IN_PLACE, _GRANTS),
    )
) + tuple(
    change
    for field in ("cidrs", "countries", "networks.aws", "networks.gcp", "identities.aws", "identities.gcp", "tls")
    for change in (
        on_aws(f"restrictions.*.{field}", Effect.IN_PLACE, "policies of the readers and secrets it binds"),
        on_gcp(f"restrictions.*.{field}", Effect.NOTHING, "IAM conditions on GCP cannot hold it for a reader"),
    )
)

_PEOPLE: tuple[Change, ...] = (
    *(
        on_both(f"roles.{role}.trust", Effect.IN_PLACE, "open sessions go on until they end, within an hour")
        for role in ("administrators", "auditors", "break_glass")
    ),
    on_both("alerts.emails", Effect.IN_PLACE, "a new address has to confirm on AWS"),
    *(
        on_both(f"waivers.*.{field}", Effect.NOTHING, "the policy pack reads it")
        for field in ("rule", "resource", "owner", "ticket", "reason", "until")
    ),
)

ROWS = (*_PLACE, *_RESTRICTIONS, *_PEOPLE)
