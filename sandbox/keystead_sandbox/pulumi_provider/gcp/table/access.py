"""Access Context Manager: access levels.

Read in magic-modules: products/accesscontextmanager/AccessLevel.yaml, encoder access_level_never_send_parent.
"""

from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import DELETION, Property, Resource, part
from keystead_sandbox.pulumi_provider.gcp.shapes import Nested, plain, required

_DEVICE = Nested(
    fields={
        "requireScreenLock": Nested("requireScreenlock"),
        **plain("allowedEncryptionStatuses", "allowedDeviceManagementLevels", "requireAdminApproval"),
        **plain("requireCorpOwned"),
        "osConstraints": Nested(fields={**required("osType"), **plain("minimumVersion", "requireVerifiedChromeOs")}),
    }
)
_CONDITIONS = Nested(
    required=True,
    fields={
        **plain("ipSubnetworks", "requiredAccessLevels", "members", "negate", "regions"),
        "devicePolicy": _DEVICE,
        "vpcNetworkSources": Nested(
            fields={
                "vpcSubnetwork": Nested(fields={**required("network"), **plain("vpcIpSubnetworks")}),
            }
        ),
    },
)
_EXPRESSION = Nested(required=True, fields={**required("expression"), **plain("title", "description", "location")})
ACCESS_LEVEL = Resource(
    type="gcp:accesscontextmanager/accessLevel:AccessLevel",
    api="accesscontextmanager.v1",
    schema="AccessLevel",
    properties={
        "parent": part(),
        "name": Property(required=True, replace=True),
        "title": Property(required=True),
        "description": Property(),
        "basic": Property(hints=Nested(fields={"combiningFunction": Nested(default="AND"), "conditions": _CONDITIONS})),
        "custom": Property(hints=Nested(fields={"expr": _EXPRESSION})),
        "deletionPolicy": DELETION,
    },
    operations=Rest("{parent}/accessLevels", slow=True),
    id="{+name}",
    parse=lambda text: {"parent": text.partition("/accessLevels/")[0], "name": text},
)

RESOURCES = (ACCESS_LEVEL,)
