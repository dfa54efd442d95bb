"""The names of every cloud, by cloud."""

from collections.abc import Mapping

from keystead.model.aws.scope import AwsScope
from keystead.model.clouds import Cloud
from keystead.model.gcp.scope import GcpScope
from keystead.model.scope import Scope

SCOPES: Mapping[Cloud, type[Scope]] = {"aws": AwsScope, "gcp": GcpScope}
"""Class of the names on each cloud."""
