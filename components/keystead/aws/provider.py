"""The explicit AWS provider of an environment, and the check that its credentials belong to that environment."""

import pulumi
import pulumi_aws as aws

from keystead.model.aws.scope import AwsScope
from keystead.model.errors import CloudError


def provider(scope: AwsScope) -> aws.Provider:
    """Provider that works in the environment's own account and region only, and tags every resource.

    It refuses credentials of any other account, but only when it is first called, which is when another cloud may
    already be changing. So the caller's identity is requested here, also in a preview. The program waits for the answer
    and ends, with nothing created, where the credentials are of another account. Raises CloudError.
    """
    made = aws.Provider(
        scope.environment,
        allowed_account_ids=[scope.account],
        region=scope.region,
        default_tags=aws.ProviderDefaultTagsArgs(tags=scope.labels()),
        opts=pulumi.ResourceOptions(),
    )
    try:
        aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=made))
    except Exception as error:  # noqa: BLE001  # Pulumi raises nothing more special when a provider refuses
        reason = str(error).rpartition("returned an error: ")[2]
        raise CloudError(
            f"environment {scope.environment}: {reason}; aws.account in the stack file is {scope.account!r}: use "
            "credentials of that account, or correct it; nothing was changed on any cloud"
        ) from None
    return made
