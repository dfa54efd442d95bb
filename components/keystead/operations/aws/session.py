"""A session into one environment's account, and into no other."""

import boto3
from botocore.config import Config

from keystead.model.errors import CloudError
from keystead.operations.aws.failures import explained
from keystead.spec.environment import EnvironmentSpec

CALLS = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,
)
"""Timeouts in seconds; one call gives up within two minutes even when the network swallows it."""


def open_session(spec: EnvironmentSpec) -> boto3.Session:
    """Open the environment's own profile, or else the default credentials, and refuse any account but the spec's."""
    environment, aws = spec.environment, spec.scope("aws")
    with explained(environment, "sts:GetCallerIdentity"):
        profiles = boto3.Session().available_profiles
        profile = environment if environment in profiles else None
        session = boto3.Session(profile_name=profile, region_name=aws.region)
        account = session.client("sts", config=CALLS).get_caller_identity()["Account"]
    if account != aws.account:
        used = f"the AWS profile {profile!r}" if profile else "the default AWS credentials"
        raise CloudError(
            f"{environment}: {used} belong to account {account}, but the environment lives in {aws.account}. "
            f"Nothing was read or written. Give credentials of {aws.account}, best as an AWS profile named "
            f"{environment!r}."
        )
    return session
