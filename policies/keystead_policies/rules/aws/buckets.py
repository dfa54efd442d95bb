"""S3 buckets: public access."""

from collections.abc import Iterator

from keystead_policies.engine.resources.public_access import publicly_allowed
from keystead_policies.engine.resources.resource import Resource
from keystead_policies.engine.rule import Context, Severity, rule


@rule(
    "aws:s3/bucketPolicy:BucketPolicy",
    severity=Severity.HIGH,
    controls=["NIST-800-53-AC-3", "PCI-7.2.1"],
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    fix="list the principals, or add a condition on aws:PrincipalOrgID, aws:SourceArn or aws:SourceVpce",
)
def bucket_policy_is_not_public(policy: Resource, _context: Context) -> Iterator[str]:
    """S3 bucket policies do not allow public access."""
    yield from publicly_allowed(policy)
