"""Access Context Manager: access levels.

Read in magic-modules: products/accesscontextmanager/AccessLevel.yaml, encoder access_level_never_send_parent.
"""

from keystead_sandbox.pulumi_provider.gcp.operations import Rest
from keystead_sandbox.pulumi_provider.gcp.resource import Resource
from keystead_sandbox.pulumi_provider.gcp.schema import Property, part
from keystead_sandbox.pulumi_provider.schema import Nested

ACCESS_LEVEL = Resource(
    type="gcp:accesscontextmanager/accessLevel:AccessLevel",
    api="accesscontextmanager.v1",
    schema="AccessLevel",
    special={
        "parent": part(),
        "name": Property(required=True, replace=True),
        "basic": Property(nested={"combiningFunction": Nested(default="AND")}),
    },
    operations=Rest("{parent}/accessLevels", slow=True),
    id="{+name}",
    parse=lambda text: {"parent": text.partition("/accessLevels/")[0], "name": text},
)

RESOURCES = (ACCESS_LEVEL,)
