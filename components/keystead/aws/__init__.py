"""Keystead on AWS: components and policies. Reads the spec, declares `aws.*` resources, holds no value of a secret."""
