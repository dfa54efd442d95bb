"""The pack's version; PulumiPolicy.yaml has the same."""

VERSION = "0.1.0"
