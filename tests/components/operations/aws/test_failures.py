import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
    UnauthorizedSSOTokenError,
)
from keystead.model.errors import CloudError
from keystead.operations.aws.failures import explained

ENDPOINT = "https://kms.us-east-1.amazonaws.com/"


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeKey")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            refusal("AccessDeniedException"),
            "prod: access denied: these credentials may not call kms:DescribeKey. The auditor role of prod may.",
        ),
        (refusal("ExpiredTokenException"), "prod: the AWS credentials have expired. Log in again."),
        (
            refusal("InvalidClientTokenId"),
            "prod: AWS does not recognize these credentials. Check which profile is in use, and log in again.",
        ),
        (refusal("ThrottlingException"), "prod: AWS throttles kms:DescribeKey. Wait a minute and try again."),
        (refusal("InternalFailure", "sorry"), "prod: kms:DescribeKey failed with InternalFailure: sorry"),
        (
            NoCredentialsError(),
            (
                "prod: no AWS credentials found. Log in, best with an AWS profile named 'prod' "
                '(for the sandbox: eval "$(python -m sandbox env)").'
            ),
        ),
        (
            ProfileNotFound(profile="gone"),
            "prod: The config profile (gone) could not be found. Check AWS_PROFILE and the AWS config file.",
        ),
        (UnauthorizedSSOTokenError(), "prod: the AWS login has expired. Log in again: aws sso login."),
        (
            EndpointConnectionError(endpoint_url=ENDPOINT),
            f"prod: {ENDPOINT} does not answer. Check the network; for the sandbox: python -m sandbox status.",
        ),
        (
            ReadTimeoutError(endpoint_url=ENDPOINT),
            f"prod: {ENDPOINT} does not answer. Check the network; for the sandbox: python -m sandbox status.",
        ),
        (
            SSLError(endpoint_url=ENDPOINT, error="self-signed"),
            (
                f"prod: the certificate of {ENDPOINT} is not trusted. "
                "Check ca_bundle in the AWS profile, or AWS_CA_BUNDLE."
            ),
        ),
    ],
)
def test_every_failure_of_a_call_names_the_environment_the_cause_and_the_way_out(error: Exception, text: str) -> None:
    with pytest.raises(CloudError) as caught, explained("prod", "kms:DescribeKey"):
        raise error
    assert str(caught.value) == text
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_an_error_that_is_not_the_clouds_passes_through() -> None:
    with pytest.raises(ZeroDivisionError), explained("prod", "kms:DescribeKey"):
        raise ZeroDivisionError
