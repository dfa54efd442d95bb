"""What the rotator on AWS needs for mirrored secrets: the store on GCP, which follows the one on AWS.

The archive of an environment without mirrored secrets leaves this module out, with all that only it imports.
"""

from keystead.functions.rotator.settings import FollowerSettings, RotatorSettings
from keystead.functions.shared.google.api import Api
from keystead.functions.shared.google.federation import AwsSession, Federation
from keystead.functions.shared.google.identity import Tokens
from keystead.functions.shared.google.pace import PacedCalls
from keystead.functions.stores.gcp import GcpSecretStore
from keystead.functions.stores.mirrored import MirroredSecretStore
from keystead.functions.stores.store import SecretStore


def mirrored(
    leader: SecretStore, settings: RotatorSettings, follower: FollowerSettings, session: AwsSession
) -> tuple[MirroredSecretStore, MirroredSecretStore]:
    """Return a store that keeps mirrored secrets on AWS and GCP, and all others on AWS alone; and one with a pace."""
    tokens = Tokens(Federation(session, settings.cloud.region, follower.audience).token)
    names = {secret: entry.follower for secret, entry in settings.secrets.items() if entry.follower}
    api = Api(tokens)
    store, paced = (
        MirroredSecretStore(leader, GcpSecretStore(calls, follower.number), names) for calls in (api, PacedCalls(api))
    )
    return store, paced
