"""Members of roles on every kind of resource that has a policy.

Read in magic-modules: tpgiamresource/resource_iam_member.go (schema, ids, import by words), and for the resources' ids
iam_kms_crypto_key.go, iam_project.go, iam_service_account.go, iam_storage_bucket.go, iam_pubsub_subscription.go and
templates/terraform/iam_policy.go.tmpl (topics, secrets, services of Cloud Run).
"""

from collections.abc import Mapping

from keystead_sandbox.pulumi_provider.gcp.policies import Membership, Target, words_of
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import PLACE, Property, part
from keystead_sandbox.pulumi_provider.gcp.values import Block, Member, Named
from keystead_sandbox.pulumi_provider.values.scalars import Text
from keystead_sandbox.pulumi_provider.values.structures import Field

CONDITION = Block(
    {
        "title": Field("title", Text(), required=True),
        "expression": Field("expression", Text(), required=True),
        "description": Field("description", Text()),
    }
)


def member(type_name: str, api: str, target: Target, parents: Mapping[str, Property]) -> Resource:
    """Return the line of one type of membership."""
    return Resource(
        type=type_name,
        api=api,
        schema="",
        special={
            **parents,
            "role": Property(kind=Text(least=1), required=True, replace=True),
            "member": Property(kind=Member(), required=True, replace=True),
            "condition": Property(kind=CONDITION, replace=True),
        },
        operations=Membership(target),
        id="",
        outputs={"etag": "etag"},
        parse=words_of(target),
    )


CRYPTO_KEY = member(
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "cloudkms.v1",
    Target("{cryptoKeyId}", ("cryptoKeyId",), ("{+cryptoKeyId}",)),
    {"cryptoKeyId": part()},
)
SECRET = member(
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "secretmanager.v1",
    Target(
        "projects/{project}/secrets/{secretId}",
        ("project", "secretId"),
        ("projects/{project}/secrets/{secretId}", "{project}/{secretId}", "{secretId}"),
    ),
    {"secretId": part(kind=Named(least=1))},
)
OF_PROJECT = member(
    "gcp:projects/iAMMember:IAMMember",
    "cloudresourcemanager.v1",
    Target("{project}", ("project",), ("{project}",), path="projects/{project}", asks="body"),
    {"project": part(kind=Named(least=1))},
)
ACCOUNT = member(
    "gcp:serviceaccount/iAMMember:IAMMember",
    "iam.v1",
    Target("{serviceAccountId}", ("serviceAccountId",), ("{+serviceAccountId}",), asks="post"),
    {"serviceAccountId": part()},
)
TOPIC = member(
    "gcp:pubsub/topicIAMMember:TopicIAMMember",
    "pubsub.v1",
    Target(
        "projects/{project}/topics/{topic}",
        ("project", "topic"),
        ("projects/{project}/topics/{topic}", "{project}/{topic}", "{topic}"),
    ),
    {"topic": part(kind=Named(least=1))},
)
SUBSCRIPTION = member(
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    "pubsub.v1",
    Target(
        "projects/{project}/subscriptions/{subscription}",
        ("project", "subscription"),
        ("projects/{project}/subscriptions/{subscription}",),
    ),
    {"subscription": part(kind=Named(least=1))},
)
BUCKET = member(
    "gcp:storage/bucketIAMMember:BucketIAMMember",
    "storage.v1",
    Target("b/{bucket}", ("bucket",), ("b/{bucket}", "{bucket}"), asks="bucket"),
    {"bucket": part(kind=Named(least=1))},
)
SERVICE = member(
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
    "run.v2",
    Target(
        "projects/{project}/locations/{location}/services/{name}",
        ("project", "location", "name"),
        ("projects/{project}/locations/{location}/services/{name}", "{project}/{location}/{name}"),
    ),
    {"name": part(kind=Named(least=1)), "location": PLACE},
)

RESOURCES = (CRYPTO_KEY, SECRET, OF_PROJECT, ACCOUNT, TOPIC, SUBSCRIPTION, BUCKET, SERVICE)
