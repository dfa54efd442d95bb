"""What went wrong between the command and AWS, said in one line that names the action and the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from keystead.model.errors import CloudError

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
UNKNOWN_CALLER = (
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
)
THROTTLED = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded")


@contextmanager
def explained(environment: str, action: str, role: str = "auditor") -> Iterator[None]:
    """Turn what boto3 raises into a CloudError about `action`, such as kms:DescribeKey, which `role` may call."""
    try:
        yield
    except ClientError as error:
        raise CloudError(
            f"{environment}: {_refusal(error, action, f'The {role} role of {environment} may.')}"
        ) from None
    except ProfileNotFound as error:
        raise CloudError(f"{environment}: {error}. Check AWS_PROFILE and the AWS config file.") from None
    except (NoCredentialsError, PartialCredentialsError):
        raise CloudError(
            f"{environment}: no AWS credentials found. Log in, best with an AWS profile named {environment!r} "
            '(for the sandbox: eval "$(python -m sandbox env)").'
        ) from None
    except (TokenRetrievalError, UnauthorizedSSOTokenError):
        raise CloudError(f"{environment}: the AWS login has expired. Log in again: aws sso login.") from None
    except (EndpointConnectionError, HTTPClientError, SSLError) as error:
        raise CloudError(f"{environment}: {_no_answer(error)}") from None
    except BotoCoreError as error:
        raise CloudError(f"{environment}: {action} could not be called: {error}") from None


def _refusal(error: ClientError, action: str, who: str) -> str:
    code = error.response.get("Error", {}).get("Code", "unknown error")
    if code in DENIED:
        return f"access denied: these credentials may not call {action}. {who}"
    if code in EXPIRED:
        return "the AWS credentials have expired. Log in again."
    if code in UNKNOWN_CALLER:
        return "AWS does not recognize these credentials. Check which profile is in use, and log in again."
    if code in THROTTLED:
        return f"AWS throttles {action}. Wait a minute and try again."
    message = error.response.get("Error", {}).get("Message", "")
    return f"{action} failed with {code}: {message}".rstrip(": ")


def _no_answer(error: Exception) -> str:
    endpoint = getattr(error, "kwargs", {}).get("endpoint_url", "AWS")
    if isinstance(error, SSLError):
        return f"the certificate of {endpoint} is not trusted. Check ca_bundle in the AWS profile, or AWS_CA_BUNDLE."
    return f"{endpoint} does not answer. Check the network; for the sandbox: python -m sandbox status."
