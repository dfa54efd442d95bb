"""How long the documents of IAM may be.

Source: IAM user guide, "IAM and AWS STS quotas" (IAM and STS character limits): IAM does not count white space. The
texts are those that IAM answers with.
"""

import re
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from keystead_sandbox.local_aws.protocol.errors import AwsError
from keystead_sandbox.local_aws.protocol.in_process import query
from keystead_sandbox.local_aws.protocol.operations import Fields, check_operations

MOST_INLINE = {"Role": 10_240, "Group": 5_120, "User": 2_048}
"""Characters of all inline policies of one of these together."""
MOST_TRUST = 2_048
"""Characters of a trust policy, unless the account's quota was raised."""
MOST_MANAGED = 6_144

_SPACE = re.compile(r"\s+")
_NAMES = re.compile(r"<member>([^<]+)</member>")
_DOCUMENT = re.compile(r"<PolicyDocument>(.*?)</PolicyDocument>", re.DOTALL)


def install() -> None:
    """Refuse documents that IAM would refuse for their size."""
    check_operations(
        "iam",
        {
            "CreatePolicy": _managed,
            "CreatePolicyVersion": _managed,
            "CreateRole": _trust,
            "UpdateAssumeRolePolicy": _trust,
            **{f"Put{kind}Policy": _inline(kind) for kind in MOST_INLINE},
        },
    )


def characters(document: str) -> int:
    """How many characters IAM counts of a document."""
    return len(_SPACE.sub("", document))


def _inline(kind: str) -> Any:
    most = MOST_INLINE[kind]

    def check(fields: Fields) -> None:
        owner, name = str(fields.get(f"{kind}Name")), fields.get("PolicyName")
        others = (_stored(kind, owner, one) for one in _listed(kind, owner) if one != name)
        if characters(str(fields.get("PolicyDocument"))) + sum(characters(one) for one in others) > most:
            raise _exceeded(f"Maximum policy size of {most} bytes exceeded for {kind.lower()} {owner}")

    return check


def _trust(fields: Fields) -> None:
    document = str(fields.get("AssumeRolePolicyDocument") or fields.get("PolicyDocument") or "")
    if characters(document) > MOST_TRUST:
        raise _exceeded(f"Cannot exceed quota for ACLSizePerRole: {MOST_TRUST}")


def _managed(fields: Fields) -> None:
    if characters(str(fields.get("PolicyDocument"))) > MOST_MANAGED:
        raise _exceeded(f"Cannot exceed quota for PolicySize: {MOST_MANAGED}")


def _listed(kind: str, owner: str) -> list[str]:
    status, _, body = query("iam", f"List{kind}Policies", {f"{kind}Name": owner})
    return _NAMES.findall(body.decode()) if status == 200 else []


def _stored(kind: str, owner: str, policy: str) -> str:
    status, _, body = query("iam", f"Get{kind}Policy", {f"{kind}Name": owner, "PolicyName": policy})
    found = _DOCUMENT.search(body.decode()) if status == 200 else None
    return unquote(unescape(found[1])) if found else ""


def _exceeded(message: str) -> AwsError:
    return AwsError("LimitExceeded", message, 409)
