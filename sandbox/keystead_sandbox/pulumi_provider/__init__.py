"""Pulumi provider plugins that stand in for the official pulumi-aws and pulumi-gcp against the local clouds.

Each cloud is a table: `aws/table` over the botocore service models, `gcp/table` over Google's discovery documents. What
speaks with the engine and what makes creates safe to interrupt is shared. The engine attaches to both ports of the one
process with PULUMI_DEBUG_PROVIDERS.
"""
