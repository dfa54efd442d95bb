"""Networks of a restriction that cannot reach every region of a secret: each belongs to one region."""

from collections.abc import Iterator, Mapping

from keystead.model.clouds import TITLES
from keystead.restrictions.restriction import Restriction
from keystead.spec.keys import KeySpec
from keystead.spec.secrets import SecretSpec


def unreachable(
    restrictions: Mapping[str, Restriction], keys: Mapping[str, KeySpec], secrets: Mapping[str, SecretSpec]
) -> Iterator[str]:
    """Yield readers that can come through fewer networks than there are regions with a replica of their secret."""
    for name, secret in sorted(secrets.items()):
        for cloud in secret.clouds:
            regions = 1 + (len(keys[secret.key].replicas_on(cloud)) if secret.replicas else 0)
            for reader, given in sorted(secret.readers_on(cloud).items()):
                restriction = given.restriction_on(cloud)
                networks = getattr(restrictions[restriction].networks, cloud) if restriction is not None else ()
                if 0 < len(networks) < regions and not restrictions[str(restriction)].cidrs:
                    yield (
                        f"secrets.{name}.readers.{reader}.restriction: {restriction} names {len(networks)} of "
                        f"{TITLES[cloud]}'s networks, each of which belongs to one region, and the secret is in "
                        f"{regions}: it cannot be read in all of them; name a network of each region"
                    )
