"""Pulumi components for AWS and the policies they attach: the spec becomes `aws.*` resources, never a secret's value.

A component can be changed here without looking elsewhere as long as its resource names stay: a renamed resource is
replaced, and with it what it holds. Names come from `AwsScope`; files and classes are named as in `keystead.gcp`.
"""
