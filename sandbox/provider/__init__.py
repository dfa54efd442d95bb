"""A Pulumi provider plugin that stands in for the official pulumi-aws plugin against the local AWS.

It is a table (`table/`) over the botocore service models; the engine attaches to it with PULUMI_DEBUG_PROVIDERS.
"""
