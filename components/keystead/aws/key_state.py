"""Whether the keys that a stack has can still be used: a key that is about to be deleted is not made a second time."""

from collections.abc import Iterator

import pulumi
import pulumi_aws as aws

from keystead.changes.deployed import Deployed
from keystead.model.errors import CloudError, Problem, SpecError
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.stackfile import CONFIG_KEY

_COMPONENT = "keystead:aws:EncryptionKey"
_KINDS = ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")
_ABSENT = ("couldn't find resource", "NotFoundException")
"""What the provider says of a key that does not exist."""


def check_keys(spec: EnvironmentSpec, provider: aws.Provider, before: Deployed) -> None:
    """Ask KMS for the key behind each alias of the stack; nothing before the first deployment.

    A refresh drops a key that is pending deletion from the state, so that the next run would make another one, which
    cannot decrypt what the first one encrypted. Raises SpecError with what brings the first one back.
    """
    problems = []
    for name, alias in before.of("aws:kms/alias:Alias", _COMPONENT):
        region = str(alias["arn"]).split(":")[3]
        key = name.removesuffix(f"-{region}")
        if key in spec.keys_on("aws") and not spec.keys[key].replace:
            place = f"{CONFIG_KEY}.keys.{key}"
            problems += [Problem(place, text) for text in _told(name, str(alias["name"]), region, provider, before)]
    if problems:
        raise SpecError(spec.environment, problems)


def _told(name: str, alias: str, region: str, provider: aws.Provider, before: Deployed) -> Iterator[str]:
    """Yield what is wrong with the key behind an alias."""
    try:
        found = aws.kms.get_key(key_id=alias, region=region, opts=pulumi.InvokeOptions(provider=provider))
    except Exception as error:  # noqa: BLE001  # Pulumi raises nothing more special when a provider refuses
        if any(words in str(error) for words in _ABSENT):
            return
        reason = str(error).rpartition("returned an error: ")[2]
        raise CloudError(f"key {alias} in {region}: {reason}; nothing was changed") from None
    where = f"--key-id {found.id} --region {region}"
    if found.key_state in {"PendingDeletion", "PendingReplicaDeletion"}:
        yield (
            f"its KMS key is to be deleted on {found.deletion_date}, and nothing that it encrypted can be read; "
            f"nothing was changed. Bring it back with `aws kms cancel-key-deletion {where}` and `aws kms enable-key "
            f"{where}`, then run `pulumi up` again"
        )
    elif not any(str(one["arn"]) == found.arn for kind in _KINDS for _, one in before.of(kind, _COMPONENT)):
        yield (
            f"its KMS key {found.id} is there, but a refresh has dropped it from the stack's state; nothing was "
            f"changed. Take it up again with `{_import(name, found.id, region, before)}`, then run `pulumi up` again"
        )


def _import(name: str, key: str, region: str, before: Deployed) -> str:
    replica = name.endswith(f"-{region}")
    own = name.removesuffix(f"-{region}")
    parent = before.urn(_COMPONENT, own)
    provider = before.urn("pulumi:providers:aws", pulumi.get_stack())
    return (
        f"pulumi import {_KINDS[replica]} {name} {key}{f'@{region}' if replica else ''} --stack {pulumi.get_stack()} "
        f"--parent 'parent={parent}' --provider 'provider={provider}' --protect=false --generate-code=false --yes"
    )
