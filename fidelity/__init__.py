"""Holds the stacks against the official Terraform providers, which Pulumi's official plugins are built from."""
