"""The clouds an environment is on, and how people are told of them."""

from collections.abc import Sequence

from keystead.model.clouds import CLOUDS, TITLES, Cloud
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.readers import ReaderSpec


def clouds_of(spec: EnvironmentSpec) -> list[Cloud]:
    """Return the clouds the environment is on, AWS first."""
    return [cloud for cloud in CLOUDS if spec.on(cloud)]


def owner_of(spec: EnvironmentSpec, cloud: Cloud) -> str:
    """Say whose part of the cloud it is: `account 111111111111`, `project acme-dev`."""
    return f"account {spec.scope('aws').account}" if cloud == "aws" else f"project {spec.scope('gcp').project}"


def place_of(spec: EnvironmentSpec, cloud: Cloud) -> str:
    """Say where the environment lives on a cloud: its account or project, and the regions."""
    regions = spec.scope("aws").regions if cloud == "aws" else spec.scope("gcp").regions
    return f"{owner_of(spec, cloud)}, {', '.join(regions)}"


def title_of(spec: EnvironmentSpec, cloud: Cloud) -> str:
    """Name the cloud and the account or project, for messages about it."""
    return f"{TITLES[cloud]} {owner_of(spec, cloud)}"


def stored_as(spec: EnvironmentSpec, cloud: Cloud, name: str) -> str:
    """Return the name of a secret in the store of a cloud."""
    return spec.scope("aws").secret_name(name) if cloud == "aws" else spec.scope("gcp").secret_name(name)


def key_stored_as(spec: EnvironmentSpec, cloud: Cloud, name: str) -> str:
    """Return a key's alias on AWS, and its path in the first location on GCP."""
    if cloud == "aws":
        return spec.scope("aws").key_alias(name)
    return spec.scope("gcp").key_path(name, spec.scope("gcp").location)


def reader_account(spec: EnvironmentSpec, cloud: Cloud, reader: str) -> str:
    """Return the role of a workload on AWS, and its service account on GCP."""
    return spec.scope("aws").reader_role(reader) if cloud == "aws" else spec.scope("gcp").account_email(reader)


def from_where(reader: ReaderSpec, clouds: Sequence[Cloud]) -> str:
    """Say which restriction a reader is under on these clouds: its name, `anywhere`, or one for each it reads on."""
    names = {cloud: reader.restriction_on(cloud) or "anywhere" for cloud in clouds if reader.on(cloud)}
    if len(names) == len(clouds) and len(set(names.values())) == 1:
        return names[clouds[0]]
    return ", ".join(f"{cloud} {name}" for cloud, name in names.items())
