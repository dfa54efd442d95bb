"""A line of the table: what is known of a resource type, and what is done with it."""

from collections.abc import Callable
from dataclasses import dataclass

from keystead_sandbox.pulumi_provider.comparison import Difference
from keystead_sandbox.pulumi_provider.gcp.context import Context
from keystead_sandbox.pulumi_provider.gcp.operations import Operations
from keystead_sandbox.pulumi_provider.gcp.schema import Json, Schema


@dataclass(frozen=True, kw_only=True)
class Resource(Schema):
    """One resource type.

    `decode` puts an answer into the form that the properties expect. `detect` finds differences that no property
    shows. `again` are properties to send once more when an interrupted create is taken up.
    """

    operations: Operations
    decode: Callable[[Context, Json], Json] = lambda _, record: record
    detect: Callable[[Context], list[Difference]] = lambda _: []
    again: tuple[str, ...] = ()
