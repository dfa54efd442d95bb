"""The explicit AWS provider of an environment."""

import pulumi
import pulumi_aws as aws

from keystead.aws.scope import AwsScope


def provider(scope: AwsScope) -> aws.Provider:
    """Provider that works in the environment's own account and region only, and tags whatever it makes.

    With credentials of any other account it refuses to start, so a stack cannot be applied to the wrong environment.
    """
    return aws.Provider(
        scope.environment,
        allowed_account_ids=[scope.account],
        region=scope.region,
        default_tags=aws.ProviderDefaultTagsArgs(tags=scope.tags()),
        opts=pulumi.ResourceOptions(),
    )
