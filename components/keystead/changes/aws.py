"""What AWS cannot change of keys, secrets and their place."""

from collections.abc import Iterator

from keystead.changes import moves
from keystead.changes.deployed import Deployed, Outputs
from keystead.changes.messages import another_place, refused
from keystead.model.aws.keys import KEY_USAGE
from keystead.model.errors import Problem
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.keys import KeySpec

_KEY, _SECRET = "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"
_INSTEAD = (
    "Put it back and add a key of another name; or set `replace: true` on this one: what it encrypted or signed is "
    "lost when its deletion window ends"
)


def problems(spec: EnvironmentSpec, before: Deployed) -> Iterator[Problem]:
    """Yield every change that AWS would make by deleting and creating."""
    moved = list(_place(spec, before))
    yield from moved
    if moved:
        return
    for name, found in before.of(_KEY, "keystead:aws:EncryptionKey"):
        key = spec.keys_on("aws").get(name)
        if key is not None and not key.replace:
            yield from _key(f"keys.{name}", key, found)
    keys = {str(found["arn"]): name for name, found in before.of(_KEY, "keystead:aws:EncryptionKey")}
    under = {
        name: keys[found["kmsKeyId"]]
        for name, found in before.of(_SECRET, "keystead:aws:Secret")
        if found.get("kmsKeyId") in keys
    }
    yield from moves.problems(spec, "aws", under)
    yield from moves.unready(spec, "aws", under, {*keys.values()})


def _place(spec: EnvironmentSpec, before: Deployed) -> Iterator[Problem]:
    scope = spec.scope("aws")
    for kind, parent in ((_KEY, "keystead:aws:EncryptionKey"), (_SECRET, "keystead:aws:Secret")):
        for name, found in before.of(kind, parent):
            region, account = str(found["arn"]).split(":")[3:5]
            if account != scope.account:
                yield another_place("aws.account", account, scope.account)
                return
            if region != scope.region:
                yield another_place("aws.region", region, scope.region)
                return
            if kind == _SECRET and name in spec.secrets and found["name"] != scope.secret_name(name):
                was = str(found["name"]).removesuffix(f"/{name}")
                yield another_place("environment", was, spec.environment)
                return


def _key(place: str, key: KeySpec, found: Outputs) -> Iterator[Problem]:
    was = next((use for use, usage in KEY_USAGE.items() if usage == found["keyUsage"]), str(found["keyUsage"]))
    if was != key.use:
        yield refused(f"{place}.use", was, key.use, _INSTEAD)
    replicas = key.replicas_on("aws")
    if replicas and not found.get("multiRegion"):
        yield refused(
            f"{place}.replicas",
            "without replicas on AWS, a single-Region key,",
            f"{', '.join(replicas)} on AWS",
            _INSTEAD,
        )
