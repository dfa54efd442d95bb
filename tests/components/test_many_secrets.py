"""A thousand secrets and a hundred readers, declared on each cloud: what grows with them, and what does not."""

from collections import Counter

import pytest

from bench.many_secrets import BY_HAND, READS, large
from tests.components.aws.provisioned import Provisioned
from tests.components.aws.provisioned import provision as on_aws
from tests.components.gcp.provisioned import provision as on_gcp

SECRETS, READERS = 1000, 100
PEOPLE = ("administrator", "auditor", "break-glass")


def test_on_aws_a_secret_is_itself_its_policy_and_its_schedule_and_no_role_grows() -> None:
    few, many = on_aws("prod", large("aws", 11)), on_aws("prod", large("aws", SECRETS))
    assert len(many.of("secretsmanager/secret:Secret")) == SECRETS
    assert len(many.of("secretsmanager/secretPolicy:SecretPolicy")) == SECRETS
    assert len(many.of("secretsmanager/secretRotation:SecretRotation")) == SECRETS - SECRETS // BY_HAND
    before, after = (found.of("iam/rolePolicy:RolePolicy") for found in (few, many))
    assert len(after) == READERS + len(PEOPLE) + 2
    for role in (*PEOPLE, "rotator", "sweep"):
        assert after[role].inputs["policy"] == before[role].inputs["policy"]
    assert others(many) == others(few)


def others(found: Provisioned) -> Counter[str]:
    """How many resources there are of the types that do not belong to secrets and readers."""
    own = ("aws:iam/", "aws:secretsmanager/", "keystead:", "pulumi:index:Stash")
    return Counter(one.type for one in found.resources if not one.type.startswith(own))


@pytest.mark.parametrize("secrets", [11, 100])
def test_on_gcp_a_secret_is_itself_and_a_grant_for_each_reader_and_the_project_has_as_many_grants(secrets: int) -> None:
    found = on_gcp(large("gcp", secrets))
    assert len(found.of("secretmanager/secret:Secret")) == secrets
    by_hand = -(-secrets // BY_HAND)
    assert len(found.of("secretmanager/secretIamMember:SecretIamMember")) == secrets * READS + by_hand
    assert len(found.of("projects/iAMMember:IAMMember")) == len(
        on_gcp(large("gcp", 1)).of("projects/iAMMember:IAMMember")
    )
