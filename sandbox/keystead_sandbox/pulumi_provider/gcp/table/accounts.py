"""Service accounts.

Read in magic-modules: resourcemanager/resource_google_service_account.go. It waits ten seconds after a create, because
IAM is eventually consistent; the sandbox does not.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from keystead_sandbox.pulumi_provider.errors import CloudError
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Property, part
from keystead_sandbox.pulumi_provider.naming import Autoname
from keystead_sandbox.pulumi_provider.schema import Failure
from keystead_sandbox.pulumi_provider.values.scalars import UNKNOWN, Text

_ACCOUNT_ID = re.compile(r"[a-z][-a-z0-9]{4,28}[a-z0-9]")
_EMAIL = "{accountId}@{project}.iam.gserviceaccount.com"


class Accounts(Rest):
    """Service accounts; one that exists is taken where `createIgnoreAlreadyExists` says so."""

    def create(self, context: Context) -> None:
        """Make the account."""
        try:
            super().create(context)
        except CloudError as error:
            if error.code != "ALREADY_EXISTS" or not context.inputs.get("createIgnoreAlreadyExists"):
                raise


def _wrap(context: Context, body: Json) -> Json:
    return {"accountId": context.require("accountId"), "serviceAccount": body}


def _switch(context: Context) -> None:
    if context.inputs.get("disabled"):
        context.call("POST", f"{context.id}:disable", {})


def _switched(context: Context, changed: Collection[str]) -> None:
    if "disabled" in changed:
        context.call("POST", f"{context.id}:{'disable' if context.inputs.get('disabled') else 'enable'}", {})


def _problems(inputs: Mapping[str, Any]) -> list[Failure]:
    identifier = inputs["accountId"]
    if identifier == UNKNOWN or _ACCOUNT_ID.fullmatch(identifier):
        return []
    return [("accountId", "expected 6 to 30 lower-case letters, digits and dashes, beginning with a letter")]


ACCOUNT = Resource(
    type="gcp:serviceaccount/account:Account",
    api="iam.v1",
    schema="ServiceAccount",
    special={
        "accountId": part(),
        "description": Property(kind=Text(most=256)),
        "disabled": Property(default=False, unsent=True),
    },
    operations=Accounts(
        "projects/{project}/serviceAccounts",
        wrap=_wrap,
        update_wrap=lambda body, mask: {"serviceAccount": body, "updateMask": mask},
        after_create=_switch,
        after_update=_switched,
    ),
    id=f"projects/{{project}}/serviceAccounts/{_EMAIL}",
    outputs={"email": "email", "member": "serviceAccount:{email}", "name": "name", "uniqueId": "uniqueId"},
    predicted={"email": _EMAIL, "member": f"serviceAccount:{_EMAIL}"},
    decode=lambda _, record: {"disabled": False, **record},
    name=Autoname("accountId", most=30, lower=True),
    verify=_problems,
)

RESOURCES = (ACCOUNT,)
