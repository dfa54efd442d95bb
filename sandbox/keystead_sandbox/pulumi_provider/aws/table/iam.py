"""AWS IAM: roles and their inline policies."""

from keystead_sandbox.pulumi_provider.aws.resource import Call, Property, Resource, Tagging
from keystead_sandbox.pulumi_provider.aws.table.conditions import is_set, is_unset
from keystead_sandbox.pulumi_provider.aws.values import Document
from keystead_sandbox.pulumi_provider.naming import Autoname

_ROLE = {"RoleName": "$id"}

ROLE = Resource(
    type="aws:iam/role:Role",
    service="iam",
    special={
        "name": Property("RoleName", replace=True),
        "path": Property(default="/", replace=True),
        "assumeRolePolicy": Property("AssumeRolePolicyDocument", kind=Document(policy=True)),
        "maxSessionDuration": Property(default=3600),
        "permissionsBoundary": Property(answer="_boundary"),
        "forceDetachPolicies": Property(default=False, carried=True),
    },
    create=Call("CreateRole", answer=("Role",)),
    identity="RoleName",
    read=(
        Call(
            "GetRole",
            _ROLE,
            reform=lambda reply, _: {
                **reply["Role"],
                "_boundary": (reply["Role"].get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
            },
        ),
    ),
    changes=(
        Call("UpdateAssumeRolePolicy", {**_ROLE, "PolicyDocument": "$assumeRolePolicy"}, of=("assumeRolePolicy",)),
        Call("UpdateRole", _ROLE, blank={"Description": ""}),
        Call("PutRolePermissionsBoundary", _ROLE, of=("permissionsBoundary",), when=is_set("permissionsBoundary")),
        Call("DeleteRolePermissionsBoundary", _ROLE, of=("permissionsBoundary",), when=is_unset("permissionsBoundary")),
    ),
    delete=(Call("DeleteRole", _ROLE),),
    outputs={"arn": "Arn", "uniqueId": "RoleId", "createDate": "CreateDate"},
    lookup="{name}",
    tags=Tagging("RoleName", "$id", tag="TagRole", untag="UntagRole"),
    name=Autoname(most=64),
    refused=frozenset({"inlinePolicies", "managedPolicyArns", "namePrefix"}),
)

_INLINE = {"RoleName": "$role", "PolicyName": "$name"}
ROLE_POLICY = Resource(
    type="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    special={
        "name": Property("PolicyName", replace=True),
        "role": Property("RoleName", replace=True),
        "policy": Property("PolicyDocument", kind=Document(policy=True)),
    },
    create=Call("PutRolePolicy", answer=()),
    identity="{role}:{name}",
    read=(Call("GetRolePolicy", _INLINE),),
    changes=(Call("PutRolePolicy"),),
    delete=(Call("DeleteRolePolicy", _INLINE),),
    parts=("role", "name"),
    lookup="{role}:{name}",
    name=Autoname(most=128),
    refused=frozenset({"namePrefix"}),
)

RESOURCES = (ROLE, ROLE_POLICY)
