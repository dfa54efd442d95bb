"""Pulumi components for GCP and the grants they make: the spec becomes `gcp.*` resources, never a secret's value.

A component can be changed here without looking elsewhere as long as its resource names stay: a renamed resource is
replaced, and with it what it holds. Names come from `GcpScope`; files and classes are named as in `keystead.aws`.
"""
