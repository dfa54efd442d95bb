"""What the rotator on AWS needs for mirrored secrets: their store on GCP, which follows the one on AWS.

A module of its own: an archive for an environment without mirrored secrets does without it and all that it imports, and
so does a cold start.
"""

from keystead.functions.rotator.settings import FollowerSettings, RotatorSettings
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.google.federation import AwsSession, Federation
from keystead.functions.shared.google.identity import Tokens
from keystead.functions.stores.gcp import GcpSecretStore
from keystead.functions.stores.mirrored import MirroredSecretStore
from keystead.functions.stores.store import SecretStore


def mirrored(
    leader: SecretStore, settings: RotatorSettings, follower: FollowerSettings, session: AwsSession
) -> MirroredSecretStore:
    """Return a store in which mirrored secrets follow the leader on GCP, and others are the leader's alone."""
    tokens = Tokens(Federation(session, settings.cloud.region, follower.audience).token)
    names = {secret: entry.follower for secret, entry in settings.secrets.items() if entry.follower}
    return MirroredSecretStore(leader, GcpSecretStore(Api(tokens), follower.number), names)
