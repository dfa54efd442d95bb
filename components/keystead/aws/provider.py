"""The explicit AWS provider of an environment, and the question that proves whose credentials it has."""

import pulumi
import pulumi_aws as aws

from keystead.model.aws.scope import AwsScope
from keystead.model.errors import CloudError


def provider(scope: AwsScope) -> aws.Provider:
    """Provider that works in the environment's own account and region only, and tags whatever it makes.

    With credentials of any other account it refuses whatever it is asked, but nobody asks before the first resource of
    AWS, when another cloud's are being changed already. So it is asked here who the caller is, in a preview as well.
    The program waits for the answer: it ends here, with nothing made, where the credentials are not the account's.
    Raises CloudError.
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
