"""What the rotator on AWS needs for mirrored secrets: their store on GCP, which follows the one on AWS.

A module of its own: an archive for an environment without mirrored secrets does without it and all that it imports, and
so does a cold start.
"""

from keystead.functions.rotator.settings import FollowerSettings, RotatorSettings
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.google.federation import Federation, Session
from keystead.functions.shared.google.identity import Tokens
from keystead.functions.stores.gcp import SecretManagerStore
from keystead.functions.stores.mirrored import MirroredStore
from keystead.functions.stores.store import Store


def mirrored(leader: Store, settings: RotatorSettings, follower: FollowerSettings, session: Session) -> MirroredStore:
    """Return a store in which mirrored secrets follow the leader on GCP, and others are the leader's alone."""
    tokens = Tokens(Federation(session, settings.cloud.region, follower.audience).token)
    names = {secret: entry.follower for secret, entry in settings.secrets.items() if entry.follower}
    return MirroredStore(leader, SecretManagerStore(Api(tokens), follower.number), names)
